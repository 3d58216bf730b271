{#- Every column of a relation, and none of its rows: shows what columns it has, and that it may be read. -#}
{% macro select_no_rows(relation) -%}
  {{ return(adapter.dispatch('select_no_rows', 'intercom_activate')(relation)) }}
{%- endmacro %}

{% macro default__select_no_rows(relation) -%}
select * from {{ relation }} where 1 = 0
{%- endmacro %}
