{#- Written by `python -m docs.generator` from the catalogue of objects; not to be edited by hand. -#}
{% macro _objects() -%}
  {{ return({
    "contact": {"identifiers": ["external_id", "email", "id"], "unique": true, "counted_ids": false},
    "company": {"identifiers": ["company_id", "id"], "unique": true, "counted_ids": false},
    "contact_tag": {"identifiers": ["external_id", "email", "id"], "unique": false, "counted_ids": false},
    "company_tag": {"identifiers": ["company_id", "id"], "unique": false, "counted_ids": false},
    "conversation_tag": {"identifiers": ["id"], "unique": false, "counted_ids": true},
    "ticket_tag": {"identifiers": ["id"], "unique": false, "counted_ids": true},
    "contact_company": {"identifiers": ["contact.external_id", "contact.email", "contact.id", "company.company_id", "company.id"], "unique": false, "counted_ids": false},
    "event": {"identifiers": ["external_id", "email", "id"], "unique": false, "counted_ids": false},
  }) }}
{%- endmacro %}
