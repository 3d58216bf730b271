{#- Each object's identifiers, as docs/objects.md has them. -#}
{% macro _identifiers() -%}
  {%- set contact = ['external_id', 'email', 'id'] -%}
  {{ return({
    'contact': contact,
    'company': ['company_id', 'id'],
    'contact_tag': contact,
    'company_tag': ['company_id', 'id'],
    'conversation_tag': ['id'],
    'contact_company': ['contact.external_id', 'contact.email', 'contact.id', 'company.company_id', 'company.id'],
    'event': contact,
  }) }}
{%- endmacro %}

{#- The object that is meant where an identifier stands alone. -#}
{% macro _object_of(identifier) -%}
  {%- if identifier == 'company_id' -%}
    {{ return('company') }}
  {%- endif -%}
  {{ return('contact_company' if '.' in identifier else 'contact') }}
{%- endmacro %}
