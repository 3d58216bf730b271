{#- The type for whole numbers of 32 bits. -#}
{% macro integer_type() -%}
  {{ return(adapter.dispatch('integer_type', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__integer_type() -%}
  {{ return(dbt.type_int()) }}
{%- endmacro %}
