{#- What stands after `from`: the records whose last outcome failed. Nothing, with its columns, before the first sync. -#}
{% macro failures(schema=none, database=none) -%}
  {{ return(adapter.dispatch('failures', 'intercom_activate')(schema, database)) }}
{%- endmacro %}

{% macro default__failures(schema, database) -%}
  {{ return(intercom_activate._ledger_relation_or_no_rows('failures', schema, database)) }}
{%- endmacro %}
