{#- The moment by the warehouse's clock, in UTC. -#}
{% macro select_now() -%}
  {{ return(adapter.dispatch('select_now', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__select_now() -%}
select {{ intercom_activate.utc_now() }} as ia_now
{%- endmacro %}
