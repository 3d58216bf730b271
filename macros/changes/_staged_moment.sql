{#- A moment with a zone, as it is staged: drivers give it as the same moment, whatever the session's time zone. -#}
{% macro _staged_moment(column) -%}
  {{ return(adapter.dispatch('_staged_moment', 'intercom_activate')(column)) }}
{%- endmacro %}

{% macro default___staged_moment(column) -%}
  {{ return(column) }}
{%- endmacro %}

{#- Drivers of Spark give a TIMESTAMP as the clock of the process, or of the session, without saying which. -#}
{% macro spark___staged_moment(column) -%}
  {{ return(intercom_activate._spark_utc(column)) }}
{%- endmacro %}

{#- Databricks dispatches to Spark's, and its driver tells the zone. -#}
{% macro databricks___staged_moment(column) -%}
  {{ return(column) }}
{%- endmacro %}
