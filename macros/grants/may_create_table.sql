{#- Asks whether the profile's user may make a table in a schema; none where the warehouse has no question for it. -#}
{% macro may_create_table(schema) -%}
  {{ return(adapter.dispatch('may_create_table', 'intercom_activate')(schema)) }}
{%- endmacro %}

{% macro default__may_create_table(schema) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro duckdb__may_create_table(schema) -%}
  {{ return(intercom_activate.duckdb__may_create_schema()) }}
{%- endmacro %}

{#- Redshift dispatches here too. -#}
{% macro postgres__may_create_table(schema) -%}
select has_schema_privilege({{ intercom_activate.text_literal(schema) }}, 'CREATE') as ia_may
{%- endmacro %}
