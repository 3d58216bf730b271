{#-
  A relation of the ledger's schema, named as the command line names it.
  A macro cannot read intercom.yml, so what it says of the ledger stands in a variable too:
  `vars: {intercom_activate: {ledger_schema: ..., ledger_database: ...}}`.
-#}
{% macro _ledger_relation(name, schema, database) -%}
  {#- A model of the project does not see what is scoped to another package, but it sees the mapping itself. -#}
  {%- set written = var('intercom_activate', none) or {} -%}
  {{ return(api.Relation.create(
    database=database or written.get('ledger_database') or target.database | default(none),
    schema=schema or written.get('ledger_schema') or 'intercom_activate',
    identifier=name
  )) }}
{%- endmacro %}
