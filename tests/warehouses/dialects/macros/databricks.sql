{#- dbt-databricks 1.12.8 -#}
{% macro databricks__dateadd(datepart, interval, from_date_or_timestamp) %}
    timestampadd({{datepart}}, {{interval}}, {{from_date_or_timestamp}})
{%- endmacro %}
