{#- dbt-spark 1.11.0; Databricks falls back to it. -#}
{% macro spark__concat(fields) -%}
    concat({{ fields|join(', ') }})
{%- endmacro %}

{% macro spark__current_timestamp() -%}
    current_timestamp()
{%- endmacro %}
