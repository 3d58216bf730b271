{#- Text without white space at its ends, as Python's `strip` makes it. -#}
{% macro _trimmed(expression) -%}
  {{ return(adapter.dispatch('_trimmed', 'intercom_activate')(expression)) }}
{%- endmacro %}

{% macro default___trimmed(expression) -%}
  {{ return('trim(' ~ expression ~ ', ' ~ intercom_activate._characters(intercom_activate._white_space()) ~ ')') }}
{%- endmacro %}

{#- Redshift dispatches here too. -#}
{% macro postgres___trimmed(expression) -%}
  {{ return('b' ~ intercom_activate.default___trimmed(expression)) }}
{%- endmacro %}

{% macro trino___trimmed(expression) -%}
  {{ return(intercom_activate._trimmed_both(expression)) }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark___trimmed(expression) -%}
  {{ return(intercom_activate._trimmed_both(expression)) }}
{%- endmacro %}

{% macro _trimmed_both(expression) -%}
  {{ return('trim(both ' ~ intercom_activate._characters(intercom_activate._white_space()) ~ ' from ' ~ expression ~ ')') }}
{%- endmacro %}

{#- Its `trim` goes by bytes, and would cut characters of several in two. -#}
{% macro clickhouse___trimmed(expression) -%}
  {%- set white = intercom_activate._characters(intercom_activate._white_space()) -%}
  {{ return('replaceRegexpAll(' ~ expression ~ ", concat('^[', " ~ white ~ ", ']+|[', " ~ white ~ ", ']+$'), '')") }}
{%- endmacro %}
