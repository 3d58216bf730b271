{#- Asks which databases of this connection are gone with its process; none where the warehouse has none such. -#}
{% macro in_memory() -%}
  {{ return(adapter.dispatch('in_memory', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__in_memory() -%}
  {{ return(none) }}
{%- endmacro %}

{#- https://duckdb.org/docs/stable/sql/meta/duckdb_table_functions#duckdb_databases -#}
{% macro duckdb__in_memory() -%}
select database_name as ia_database, database_name = current_database() as ia_current
from duckdb_databases()
where path is null and type = 'duckdb' and not internal
{%- endmacro %}
