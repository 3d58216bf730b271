{#- A moment so many minutes before now, by the warehouse's clock. -#}
{% macro minutes_ago(minutes) -%}
  {{ return(adapter.dispatch('minutes_ago', 'intercom_activate')(minutes)) }}
{%- endmacro %}

{% macro default__minutes_ago(minutes) -%}
  {{ return(dbt.dateadd('minute', -minutes, intercom_activate.utc_now())) }}
{%- endmacro %}

{#- dbt's own makes a DATETIME, which BigQuery does not compare with a TIMESTAMP. -#}
{% macro bigquery__minutes_ago(minutes) -%}
  {{ return('timestamp_sub(' ~ intercom_activate.utc_now() ~ ', interval ' ~ minutes ~ ' minute)') }}
{%- endmacro %}

{% macro spark__minutes_ago(minutes) -%}
  {{ return('(' ~ intercom_activate.utc_now() ~ ' - interval ' ~ minutes ~ ' minutes)') }}
{%- endmacro %}
