{#- How the characters of a text are written inside a literal of this warehouse, as [character, written], in their order. -#}
{% macro text_escapes() -%}
  {{ return(adapter.dispatch('text_escapes', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__text_escapes() -%}
  {{ return([["'", "''"]]) }}
{%- endmacro %}

{#- These read a backslash inside a literal as an escape. -#}
{% macro _backslash_text_escapes() -%}
  {{ return([["\\", "\\\\"], ["'", "\\'"], ["\n", "\\n"]]) }}
{%- endmacro %}

{% macro snowflake__text_escapes() -%}
  {{ return(intercom_activate._backslash_text_escapes()) }}
{%- endmacro %}

{% macro bigquery__text_escapes() -%}
  {{ return(intercom_activate._backslash_text_escapes()) }}
{%- endmacro %}

{% macro redshift__text_escapes() -%}
  {{ return(intercom_activate._backslash_text_escapes()) }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark__text_escapes() -%}
  {{ return(intercom_activate._backslash_text_escapes()) }}
{%- endmacro %}

{% macro clickhouse__text_escapes() -%}
  {{ return(intercom_activate._backslash_text_escapes()) }}
{%- endmacro %}
