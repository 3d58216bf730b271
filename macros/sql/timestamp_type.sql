{#- The type for a moment in UTC, without a zone. -#}
{% macro timestamp_type() -%}
  {{ return(adapter.dispatch('timestamp_type', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__timestamp_type() -%}
  {{ return(dbt.type_timestamp()) }}
{%- endmacro %}

{#- What Snowflake's TIMESTAMP means is a setting of the account. -#}
{% macro snowflake__timestamp_type() -%}
  {{ return('timestamp_ntz') }}
{%- endmacro %}

{#- Spark's TIMESTAMP is read and written as the clock of the session's time zone. -#}
{% macro spark__timestamp_type() -%}
  {{ return('timestamp_ntz') }}
{%- endmacro %}

{#- Databricks dispatches to Spark's; there not every table may have TIMESTAMP_NTZ. -#}
{% macro databricks__timestamp_type() -%}
  {{ return(dbt.type_timestamp()) }}
{%- endmacro %}

{#- A DateTime of ClickHouse has whole seconds, and is shown in the server's zone unless its type names one. -#}
{% macro clickhouse__timestamp_type() -%}
  {{ return("Nullable(DateTime64(6, 'UTC'))") }}
{%- endmacro %}
