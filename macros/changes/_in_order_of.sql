{#-
  Sorts the rows of a subquery by one of its columns, only where that makes finding the difference faster.

  PostgreSQL works out what a subquery selects after the sort of a window function above it, and so in one process; below
  a sort of the subquery's own it does so in its parallel workers, and the window needs no other sort.
-#}
{% macro _in_order_of(column) -%}
  {{ return(adapter.dispatch('_in_order_of', 'intercom_activate')(column)) }}
{%- endmacro %}

{% macro default___in_order_of(column) -%}
  {{ return('') }}
{%- endmacro %}

{% macro postgres___in_order_of(column) -%}
  {{ return('\n  order by ' ~ column) }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's. -#}
{% macro redshift___in_order_of(column) -%}
  {{ return('') }}
{%- endmacro %}
