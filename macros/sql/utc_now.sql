{#- The warehouse's clock as a UTC timestamp without a zone, whatever the zone of the session. -#}
{% macro utc_now() -%}
  {{ return(adapter.dispatch('utc_now', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__utc_now() -%}
  {{ return('cast(' ~ dbt.current_timestamp() ~ ' as ' ~ dbt.type_timestamp() ~ ')') }}
{%- endmacro %}

{% macro postgres__utc_now() -%}
  {{ return("(now() at time zone 'utc')") }}
{%- endmacro %}

{% macro duckdb__utc_now() -%}
  {{ return("(now() at time zone 'utc')") }}
{%- endmacro %}

{#-
  `getdate()` has whole seconds, so that it does not tell apart what happens within one. Both are of the session's zone.
  https://docs.aws.amazon.com/redshift/latest/dg/r_SYSDATE.html
-#}
{% macro redshift__utc_now() -%}
  {{ return("(cast(sysdate as timestamptz) at time zone 'utc')") }}
{%- endmacro %}

{% macro snowflake__utc_now() -%}
  {{ return("cast(convert_timezone('UTC', current_timestamp()) as timestamp_ntz)") }}
{%- endmacro %}

{% macro trino__utc_now() -%}
  {{ return("cast(current_timestamp at time zone 'UTC' as timestamp(6))") }}
{%- endmacro %}

{% macro spark__utc_now() -%}
  {{ return(intercom_activate._spark_utc('current_timestamp()')) }}
{%- endmacro %}

{% macro databricks__utc_now() -%}
  {{ return(intercom_activate.default__utc_now()) }}
{%- endmacro %}

{% macro clickhouse__utc_now() -%}
  {{ return("now64(6, 'UTC')") }}
{%- endmacro %}
