{#-
  The unix seconds of a moment as text, whatever the type of its column: a part of the key of a record that happens at a
  moment. What Intercom would not take for one stays as its own text.

  kind   moment (a date, or a timestamp without a zone), zoned, number
-#}
{% macro _unix_text(column, kind) -%}
  {%- set own = intercom_activate.utc_text(column) if kind == 'zoned' else 'cast(' ~ column ~ ' as ' ~ intercom_activate.text_type() ~ ')' -%}
  {{ return(
    'coalesce(cast(' ~ intercom_activate._whole_seconds(column, kind) ~ ' as ' ~ intercom_activate.text_type() ~ '), ' ~ own ~ ')'
  ) }}
{%- endmacro %}

{#- Null beyond what Intercom takes for a date, which is also what some engines cannot make a whole number of. -#}
{% macro _whole_seconds(column, kind) -%}
  {%- set seconds = column if kind == 'number' else intercom_activate._unix_seconds(column, kind == 'zoned') -%}
  {{ return(
    'case when abs(' ~ seconds ~ ') < 100000000000 then cast(floor(' ~ seconds ~ ') as ' ~ intercom_activate.bigint_type() ~ ') end'
  ) }}
{%- endmacro %}

{#- The seconds from 1970 to a moment, UTC where it has no zone. -#}
{% macro _unix_seconds(column, zoned) -%}
  {{ return(adapter.dispatch('_unix_seconds', 'intercom_activate')(column, zoned)) }}
{%- endmacro %}

{#- Redshift has it from PostgreSQL. -#}
{% macro default___unix_seconds(column, zoned) -%}
  {{ return('extract(epoch from ' ~ column ~ ')') }}
{%- endmacro %}

{% macro duckdb___unix_seconds(column, zoned) -%}
  {{ return('epoch(' ~ (column if zoned else 'cast(' ~ column ~ ' as timestamp)') ~ ')') }}
{%- endmacro %}

{% macro snowflake___unix_seconds(column, zoned) -%}
  {{ return('date_part(epoch_second, ' ~ column ~ ')') }}
{%- endmacro %}

{% macro bigquery___unix_seconds(column, zoned) -%}
  {{ return('unix_seconds(timestamp(' ~ column ~ '))') }}
{%- endmacro %}

{% macro trino___unix_seconds(column, zoned) -%}
  {{ return('to_unixtime(' ~ (column if zoned else 'cast(' ~ column ~ ' as timestamp(6))') ~ ')') }}
{%- endmacro %}

{#- One with a zone is staged as its UTC clock: see `_staged_moment`. The functions for seconds go by the session's zone. -#}
{% macro spark___unix_seconds(column, zoned) -%}
  {%- set since = "(cast(" ~ column ~ " as timestamp_ntz) - timestamp_ntz '1970-01-01 00:00:00')" -%}
  {%- set parts = [] -%}
  {%- for name, length in [('day', 86400), ('hour', 3600), ('minute', 60), ('second', 1)] -%}
    {%- do parts.append('extract(' ~ name ~ ' from ' ~ since ~ ') * ' ~ length) -%}
  {%- endfor -%}
  {{ return('(' ~ parts | join(' + ') ~ ')') }}
{%- endmacro %}

{% macro databricks___unix_seconds(column, zoned) -%}
  {%- if zoned -%}
    {{ return('unix_seconds(' ~ column ~ ')') }}
  {%- endif -%}
  {{ return(intercom_activate.spark___unix_seconds(column, zoned)) }}
{%- endmacro %}

{% macro clickhouse___unix_seconds(column, zoned) -%}
  {{ return('toUnixTimestamp64Micro(cast(' ~ column ~ " as Nullable(DateTime64(6, 'UTC')))) / 1000000") }}
{%- endmacro %}
