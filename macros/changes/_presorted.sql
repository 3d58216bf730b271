{#-
  Ends a subquery so that its rows come sorted by one of its columns, only where that makes finding the difference faster.

  PostgreSQL works out what a subquery selects after the sort of a window function above it, and so in one process; below
  a sort of the subquery's own it does so in its parallel workers, and the window needs no other sort.
-#}
{% macro _presorted(column) -%}
  {{ return(adapter.dispatch('_presorted', 'intercom_activate')(column)) }}
{%- endmacro %}

{% macro default___presorted(column) -%}
  {{ return('') }}
{%- endmacro %}

{% macro postgres___presorted(column) -%}
  {{ return('\n  order by ' ~ column) }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's. -#}
{% macro redshift___presorted(column) -%}
  {{ return('') }}
{%- endmacro %}
