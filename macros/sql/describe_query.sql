{#-
  Asks for the columns of a query, as (name, type, …) in their order; none where what the adapter says of their types is
  true.
-#}
{% macro describe_query(query) -%}
  {{ return(adapter.dispatch('describe_query', 'intercom_activate')(query)) }}
{%- endmacro %}

{% macro default__describe_query(query) -%}
  {{ return(none) }}
{%- endmacro %}

{#-
  dbt-spark hands through what each driver says: `INT_TYPE` by Thrift, `STR` by ODBC. The driver of Databricks calls a
  TIMESTAMP_NTZ `timestamp`; dbt-databricks dispatches here too.
  https://spark.apache.org/docs/latest/sql-ref-syntax-aux-describe-query.html
-#}
{% macro spark__describe_query(query) -%}
describe {{ query }}
{%- endmacro %}
