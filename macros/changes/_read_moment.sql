{#-
  A moment as it is read: one with a zone as its UTC clock, where drivers would give it in the session's time zone, in which
  the first and the last hours of the calendar are no moments of it.
-#}
{% macro _read_moment(column, zoned) -%}
  {{ return(adapter.dispatch('_read_moment', 'intercom_activate')(column, zoned)) }}
{%- endmacro %}

{#- BigQuery has no other, and the driver of Databricks tells the zone. -#}
{% macro default___read_moment(column, zoned) -%}
  {{ return(column) }}
{%- endmacro %}

{% macro duckdb___read_moment(column, zoned) -%}
  {{ return(intercom_activate._at_utc(column, zoned)) }}
{%- endmacro %}

{#- Redshift dispatches here too. -#}
{% macro postgres___read_moment(column, zoned) -%}
  {{ return(intercom_activate._at_utc(column, zoned)) }}
{%- endmacro %}

{#- It is staged as its UTC clock; by Thrift a DATE would come as text. -#}
{% macro spark___read_moment(column, zoned) -%}
  {{ return('cast(' ~ column ~ ' as timestamp_ntz)') }}
{%- endmacro %}

{% macro databricks___read_moment(column, zoned) -%}
  {{ return(column) }}
{%- endmacro %}

{% macro trino___read_moment(column, zoned) -%}
  {{ return(intercom_activate._at_utc(column, zoned)) }}
{%- endmacro %}

{% macro snowflake___read_moment(column, zoned) -%}
  {{ return("convert_timezone('UTC', " ~ column ~ ")" if zoned else column) }}
{%- endmacro %}

{% macro _at_utc(column, zoned) -%}
  {{ return('(' ~ column ~ " at time zone 'UTC')" if zoned else column) }}
{%- endmacro %}

{% macro clickhouse___read_moment(column, zoned) -%}
  {{ return('toTimeZone(' ~ column ~ ", 'UTC')" if zoned else column) }}
{%- endmacro %}
