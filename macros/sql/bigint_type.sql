{#- The type for whole numbers of 64 bits. -#}
{% macro bigint_type() -%}
  {{ return(adapter.dispatch('bigint_type', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__bigint_type() -%}
  {{ return(dbt.type_bigint()) }}
{%- endmacro %}

{#- As text: see `text_type`. -#}
{% macro clickhouse__bigint_type() -%}
  {{ return('Nullable(Int64)') }}
{%- endmacro %}
