{#-
  A moment with a zone as text that does not follow the session's time zone or date style: a record's key must be the same
  on every machine.
-#}
{% macro utc_text(column) -%}
  {{ return(adapter.dispatch('utc_text', 'intercom_activate')(column)) }}
{%- endmacro %}

{#- BigQuery's TIMESTAMP is told in UTC always. -#}
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

{% macro spark__utc_text(column) -%}
  {{ return('date_format(to_utc_timestamp(' ~ column ~ ", current_timezone()), 'yyyy-MM-dd HH:mm:ss.SSSSSS')") }}
{%- endmacro %}
