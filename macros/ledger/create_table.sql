{#- One of our tables, made where it is missing; `table` is its name in `columns`. -#}
{% macro create_table(relation, table) -%}
  {{ return(adapter.dispatch('create_table', 'intercom_activate')(relation, table)) }}
{%- endmacro %}

{% macro default__create_table(relation, table) -%}
create table if not exists {{ relation }} (
  {%- for name, type, since in intercom_activate.columns(table) %}
  {{ name }} {{ type }}{{ ',' if not loop.last }}
  {%- endfor %}
) {{ intercom_activate._table_format() }}
{%- endmacro %}
