{#-
  Ends a subquery so that the optimizer does not merge it into the query above it.

  PostgreSQL does so with a plain subquery, and then works out an expression each time that it is named above, where once
  for each row is enough; `offset 0` keeps the subquery apart.
-#}
{% macro _optimizer_fence() -%}
  {{ return(adapter.dispatch('_optimizer_fence', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default___optimizer_fence() -%}
  {{ return('') }}
{%- endmacro %}

{% macro postgres___optimizer_fence() -%}
  {{ return('\n  offset 0') }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's. -#}
{% macro redshift___optimizer_fence() -%}
  {{ return('') }}
{%- endmacro %}
