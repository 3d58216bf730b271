{#- What follows the name, or the columns, of a table that is created. -#}
{% macro _table_format() -%}
  {{ return(adapter.dispatch('_table_format', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default___table_format() -%}
  {{ return('') }}
{%- endmacro %}

{#- Hive's default is a text file, in which a line break inside a value begins a new row. -#}
{% macro spark___table_format() -%}
  {{ return('using parquet ') }}
{%- endmacro %}

{#- Databricks dispatches to Spark's, and its default is Delta. -#}
{% macro databricks___table_format() -%}
  {{ return('') }}
{%- endmacro %}

{#- A table of ClickHouse needs an engine; this one is what rows are appended to, in no order of its own. -#}
{% macro clickhouse___table_format() -%}
  {{ return('engine = MergeTree order by tuple() ') }}
{%- endmacro %}
