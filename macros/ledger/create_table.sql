{% macro create_table(relation, columns) -%}
  {{ return(adapter.dispatch('create_table', 'intercom_activate')(relation, columns)) }}
{%- endmacro %}

{% macro default__create_table(relation, columns) -%}
create table if not exists {{ relation }} (
  {%- for name, type in columns %}
  {{ name }} {{ type }}{{ ',' if not loop.last }}
  {%- endfor %}
) {{ intercom_activate._table_format() }}
{%- endmacro %}
