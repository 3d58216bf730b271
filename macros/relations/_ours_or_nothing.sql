{#-
  A relation of the ledger's schema. Where it does not exist yet, a query without rows that has its columns: a model that
  reads the ledger must build before the first sync too, and in a schema of CI that never sees one.
-#}
{% macro _ours_or_nothing(name, schema, database) -%}
  {%- set ours = intercom_activate._ours(name, schema, database) -%}
  {%- if not execute or adapter.get_relation(ours.database, ours.schema, ours.identifier) is not none -%}
    {{ return(ours) }}
  {%- endif -%}
  {{ return(intercom_activate._no_rows('ledger')) }}
{%- endmacro %}
