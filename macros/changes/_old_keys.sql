{#-
  The keys under which older versions kept records that happen at a moment, as two CTEs over `keyed_now`: `old_rows`, the
  keys in the ledger, and `old_keys`, which of them a key of today may have been.

  They held the moment as the text of its column's type, and that type may have changed since: so the text is looked for
  that each type would have given.
-#}
{% macro _old_keys(changes) -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(changes.project) }}
    and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
    and activation = {{ intercom_activate.text_literal(changes.activation) }}
    and generation is null
{%- endset -%}
old_rows as (
  select distinct record_key
  {%- if changes.key_numbers %}
  from (
  {{ intercom_activate._respelled(changes.ledger, changes.key_numbers, condition) | indent(2) }}
  ) as ia_respelled
  {%- else %}
  from {{ changes.ledger }}
  where {{ condition }}
  {%- endif %}
),
old_keys as (
  select ia_candidates.ia_record_key, min(old_rows.record_key) as record_key
  from (
    {%- for form in ['whole', 'double', 'decimal', 'date', 'moment', 'zoned'] %}
    select ia_record_key, {{ intercom_activate.record_key(intercom_activate._key_parts(changes.key, form)) }} as ia_old_key
    from keyed_now
    {{ 'union all' if not loop.last }}
    {%- endfor %}
  ) as ia_candidates
  inner join old_rows on ia_candidates.ia_old_key = old_rows.record_key
  group by ia_candidates.ia_record_key
)
{%- endmacro %}

{#- The text that a moment had in a key of older versions: `own` is that of its column as it is, else the type is told. -#}
{% macro _old_text(column, kind, form) -%}
  {%- if form == 'own' -%}
    {{ return(intercom_activate.utc_text(column) if kind == 'zoned' else column) }}
  {%- endif -%}
  {%- set seconds = intercom_activate._whole_seconds(column, kind) -%}
  {%- set moment = intercom_activate._moment_of(seconds) -%}
  {%- set texts = {
    'whole': seconds,
    'double': 'cast(' ~ seconds ~ ' as ' ~ dbt.type_float() ~ ')',
    'decimal': 'cast(' ~ seconds ~ ' as decimal(20, 6))',
    'date': 'case when mod(' ~ seconds ~ ', 86400) = 0 then cast(' ~ moment ~ ' as date) end',
    'moment': moment,
    'zoned': intercom_activate.utc_text(intercom_activate._zoned_moment_of(seconds)),
  } -%}
  {{ return(texts[form]) }}
{%- endmacro %}

{#- The UTC clock at so many seconds since 1970. -#}
{% macro _moment_of(seconds) -%}
  {{ return(adapter.dispatch('_moment_of', 'intercom_activate')(seconds)) }}
{%- endmacro %}

{% macro default___moment_of(seconds) -%}
  {{ return(dbt.dateadd('second', seconds, "cast('1970-01-01' as " ~ intercom_activate.timestamp_type() ~ ")")) }}
{%- endmacro %}

{% macro duckdb___moment_of(seconds) -%}
  {{ return('make_timestamp(1000000 * ' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro postgres___moment_of(seconds) -%}
  {{ return('(to_timestamp(' ~ seconds ~ ") at time zone 'utc')") }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's. -#}
{% macro redshift___moment_of(seconds) -%}
  {{ return(intercom_activate.default___moment_of(seconds)) }}
{%- endmacro %}

{% macro spark___moment_of(seconds) -%}
  {{ return("(timestamp_ntz '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, cast(" ~ seconds ~ ' as decimal(18, 6))))') }}
{%- endmacro %}

{#- The same, with a zone. -#}
{% macro _zoned_moment_of(seconds) -%}
  {{ return(adapter.dispatch('_zoned_moment_of', 'intercom_activate')(seconds)) }}
{%- endmacro %}

{#- Where it is kept as its UTC clock. -#}
{% macro default___zoned_moment_of(seconds) -%}
  {{ return(intercom_activate._moment_of(seconds)) }}
{%- endmacro %}

{% macro duckdb___zoned_moment_of(seconds) -%}
  {{ return('to_timestamp(' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro postgres___zoned_moment_of(seconds) -%}
  {{ return('to_timestamp(' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro redshift___zoned_moment_of(seconds) -%}
  {{ return('(' ~ intercom_activate._moment_of(seconds) ~ " at time zone 'UTC')") }}
{%- endmacro %}

{% macro snowflake___zoned_moment_of(seconds) -%}
  {{ return('to_timestamp_ltz(' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro bigquery___zoned_moment_of(seconds) -%}
  {{ return('timestamp_seconds(' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro trino___zoned_moment_of(seconds) -%}
  {{ return('from_unixtime(' ~ seconds ~ ')') }}
{%- endmacro %}

{% macro databricks___zoned_moment_of(seconds) -%}
  {{ return('timestamp_seconds(' ~ seconds ~ ')') }}
{%- endmacro %}
