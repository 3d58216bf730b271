{#-
  What stands after `from` to read one of our tables, or a view of the ledger, that an older version made: the columns of
  this version, null where they are `missing`.
-#}
{% macro completed(relation, table, missing) -%}
  {{ return(adapter.dispatch('completed', 'intercom_activate')(relation, table, missing)) }}
{%- endmacro %}

{% macro default__completed(relation, table, missing) -%}
(
  select
    {%- for name, type, since in intercom_activate.columns(table) %}
    {{ 'cast(null as ' ~ type ~ ') as ' if name in missing }}{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ relation }}
) as ia_completed
{%- endmacro %}
