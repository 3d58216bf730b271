{#-
  Ends a subquery so that what it selects is worked out once for each row.

  PostgreSQL merges a plain subquery into the query above it, and then works out an expression each time that it is named
  there; `offset 0` keeps it apart.
-#}
{% macro _worked_out_once() -%}
  {{ return(adapter.dispatch('_worked_out_once', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default___worked_out_once() -%}
  {{ return('') }}
{%- endmacro %}

{% macro postgres___worked_out_once() -%}
  {{ return('\n  offset 0') }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's. -#}
{% macro redshift___worked_out_once() -%}
  {{ return('') }}
{%- endmacro %}
