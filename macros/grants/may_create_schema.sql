{#- Asks whether the profile's user may make a schema; none where the warehouse has no question for it. -#}
{% macro may_create_schema() -%}
  {{ return(adapter.dispatch('may_create_schema', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__may_create_schema() -%}
  {{ return(none) }}
{%- endmacro %}

{#- A database is one file, which is open for writing or is not. -#}
{% macro duckdb__may_create_schema() -%}
select not readonly as ia_may from duckdb_databases() where database_name = current_database()
{%- endmacro %}

{#- https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS; Redshift dispatches here too. -#}
{% macro postgres__may_create_schema() -%}
select has_database_privilege(current_database(), 'CREATE') as ia_may
{%- endmacro %}
