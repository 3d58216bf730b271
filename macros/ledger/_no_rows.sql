{#- A query without rows that has the columns of one of our tables: it stands where a table would, and wants an alias. -#}
{% macro _no_rows(table) -%}
(
  select
    {%- for name, type, since in intercom_activate.columns(table) %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  from (select 1 as ia_one) as ia_nothing
  where ia_one = 0
)
{%- endmacro %}
