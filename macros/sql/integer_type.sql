{#- The type for whole numbers of 32 bits. -#}
{% macro integer_type() -%}
  {{ return(adapter.dispatch('integer_type', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__integer_type() -%}
  {{ return(dbt.type_int()) }}
{%- endmacro %}

{#- As text: see `text_type`. -#}
{% macro clickhouse__integer_type() -%}
  {{ return('Nullable(Int32)') }}
{%- endmacro %}
