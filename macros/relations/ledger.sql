{#- What stands after `from`: the ledger, a row per attempted record. Nothing, with its columns, before the first sync. -#}
{% macro ledger(schema=none, database=none) -%}
  {{ return(adapter.dispatch('ledger', 'intercom_activate')(schema, database)) }}
{%- endmacro %}

{% macro default__ledger(schema, database) -%}
  {{ return(intercom_activate._ledger_relation_or_no_rows('ledger', schema, database)) }}
{%- endmacro %}
