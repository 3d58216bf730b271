{#- The type for text of any length. -#}
{% macro text_type() -%}
  {{ return(adapter.dispatch('text_type', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__text_type() -%}
  {{ return(dbt.type_string()) }}
{%- endmacro %}

{#- Redshift reads TEXT as varchar(256), which would cut values short and hide changes. -#}
{% macro redshift__text_type() -%}
  {{ return('varchar(65535)') }}
{%- endmacro %}

{#- A column of ClickHouse holds null only where its type says so. -#}
{% macro clickhouse__text_type() -%}
  {{ return('Nullable(String)') }}
{%- endmacro %}
