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
