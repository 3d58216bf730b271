{#-
  A value that stands in a column of its own, so that an outer join may leave it out: null is what it is then.

  ClickHouse fills what a join leaves out with the type's default, which is null of a type that may be null, and else an
  empty text or zero. Its setting `join_use_nulls` would do the same, but to the joins in the user's views as well.
  https://clickhouse.com/docs/operations/settings/settings#join_use_nulls
-#}
{% macro _nullable(expression) -%}
  {{ return(adapter.dispatch('_nullable', 'intercom_activate')(expression)) }}
{%- endmacro %}

{% macro default___nullable(expression) -%}
  {{ return(expression) }}
{%- endmacro %}

{% macro clickhouse___nullable(expression) -%}
  {{ return('toNullable(' ~ expression ~ ')') }}
{%- endmacro %}
