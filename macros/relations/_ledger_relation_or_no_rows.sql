{#-
  A relation of the ledger's schema. Where it does not exist yet, a query without rows that has its columns: a model that
  reads the ledger must build before the first sync too, and in a schema of CI that never sees one.
-#}
{% macro _ledger_relation_or_no_rows(name, schema, database) -%}
  {%- set relation = intercom_activate._ledger_relation(name, schema, database) -%}
  {%- if not execute or adapter.get_relation(relation.database, relation.schema, relation.identifier) is not none -%}
    {{ return(relation) }}
  {%- endif -%}
  {%- set nothing -%}
(
  select
    {%- for name, type in intercom_activate.ledger_columns() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  from (select 1 as ia_one) as ia_nothing
  where ia_one = 0
)
  {%- endset -%}
  {{ return(nothing) }}
{%- endmacro %}
