{#- Asks whether the database of this connection may be read only; none where the warehouse has no question for it. -#}
{% macro is_read_only() -%}
  {{ return(adapter.dispatch('is_read_only', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__is_read_only() -%}
  {{ return(none) }}
{%- endmacro %}

{% macro duckdb__is_read_only() -%}
select readonly as ia_read_only from duckdb_databases() where database_name = current_database()
{%- endmacro %}

{#- https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DEFAULT-TRANSACTION-READ-ONLY -#}
{% macro postgres__is_read_only() -%}
select current_setting('transaction_read_only') = 'on' as ia_read_only
{%- endmacro %}

{#- Redshift has no such setting. -#}
{% macro redshift__is_read_only() -%}
  {{ return(none) }}
{%- endmacro %}
