{#- The smallest question: whether the warehouse answers at all. -#}
{% macro select_one() -%}
  {{ return(adapter.dispatch('select_one', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__select_one() -%}
select 1 as ia_one
{%- endmacro %}
