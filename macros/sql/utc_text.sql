{#-
  A moment with a zone as text that does not follow the session's time zone or date style: a record's key must be the same
  on every machine.
-#}
{% macro utc_text(column) -%}
  {{ return(adapter.dispatch('utc_text', 'intercom_activate')(column)) }}
{%- endmacro %}

{#- BigQuery writes a TIMESTAMP in UTC, whatever the session. -#}
{% macro default__utc_text(column) -%}
  {{ return('cast(' ~ column ~ ' as ' ~ intercom_activate.text_type() ~ ')') }}
{%- endmacro %}

{% macro duckdb__utc_text(column) -%}
  {{ return('cast((' ~ column ~ " at time zone 'UTC') as varchar)") }}
{%- endmacro %}

{% macro postgres__utc_text(column) -%}
  {{ return('to_char(' ~ column ~ " at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')") }}
{%- endmacro %}

{% macro snowflake__utc_text(column) -%}
  {{ return("to_varchar(convert_timezone('UTC', " ~ column ~ "), 'YYYY-MM-DD HH24:MI:SS.FF6')") }}
{%- endmacro %}

{% macro trino__utc_text(column) -%}
  {{ return('cast(' ~ column ~ " at time zone 'UTC' as varchar)") }}
{%- endmacro %}

{#-
  What is staged is its UTC clock already: see `_staged_moment`.
  `date_format` would not do: it makes a moment of the session's zone of it first.
-#}
{% macro spark__utc_text(column) -%}
  {{ return(intercom_activate.default__utc_text(column)) }}
{%- endmacro %}

{% macro databricks__utc_text(column) -%}
  {{ return(intercom_activate.default__utc_text(intercom_activate._spark_utc(column))) }}
{%- endmacro %}

{% macro clickhouse__utc_text(column) -%}
  {{ return(intercom_activate.default__utc_text('toTimeZone(' ~ column ~ ", 'UTC')")) }}
{%- endmacro %}
