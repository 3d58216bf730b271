{#-
  A relation of the ledger's schema. Where it does not exist yet, a query without rows that has its columns: a model that
  reads the ledger must build before the first sync too, and in a schema of CI that never sees one.
-#}
{% macro _ledger_relation_or_no_rows(name, schema, database) -%}
  {%- set relation = intercom_activate._ledger_relation(name, schema, database) -%}
  {%- if not execute or adapter.get_relation(relation.database, relation.schema, relation.identifier) is not none -%}
    {{ return(relation) }}
  {%- endif -%}
  {{ return(intercom_activate._no_rows('ledger')) }}
{%- endmacro %}
