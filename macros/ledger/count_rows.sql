{#- How many rows one of our tables has. -#}
{% macro count_rows(relation) -%}
  {{ return(adapter.dispatch('count_rows', 'intercom_activate')(relation)) }}
{%- endmacro %}

{% macro default__count_rows(relation) -%}
select count(*) as ia_count from {{ relation }}
{%- endmacro %}
