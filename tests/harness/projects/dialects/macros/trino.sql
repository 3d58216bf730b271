{#- dbt-trino 1.11.0 -#}
{% macro trino__hash(field) -%}
    lower(to_hex(md5(to_utf8(cast({{field}} as varchar)))))
{%- endmacro %}
{% macro trino__dateadd(datepart, interval, from_date_or_timestamp) -%}
    date_add('{{ datepart }}', {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}

{% macro trino__type_string() -%}
    varchar
{%- endmacro %}

{%- macro trino__type_int() -%}
    integer
{%- endmacro -%}

{% macro trino__current_timestamp() -%}
    current_timestamp
{%- endmacro %}
