{#-
  A statement that appends nothing, and is refused to whoever may not append to the table; none where no such statement is
  known.
-#}
{% macro explain_append(relation) -%}
  {{ return(adapter.dispatch('explain_append', 'intercom_activate')(relation)) }}
{%- endmacro %}

{% macro default__explain_append(relation) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro duckdb__explain_append(relation) -%}
explain insert into {{ relation }} {{ intercom_activate.select_no_rows(relation) }}
{%- endmacro %}

{#- Redshift dispatches here too. -#}
{% macro postgres__explain_append(relation) -%}
explain insert into {{ relation }} {{ intercom_activate.select_no_rows(relation) }}
{%- endmacro %}
