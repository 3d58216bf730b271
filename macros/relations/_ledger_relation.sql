{#-
  A relation of the ledger's schema, named as the command line names it.
  A macro cannot read intercom.yml, so what it says of the ledger stands in a variable too:
  `vars: {intercom_activate: {ledger_schema: ..., ledger_database: ...}}`.
-#}
{% macro _ledger_relation(name, schema, database) -%}
  {#- A model of the project does not see what is scoped to another package, but it sees the mapping itself. -#}
  {%- set written = var('intercom_activate', none) or {} -%}
  {%- set database = database or written.get('ledger_database') -%}
  {%- set schema = schema or written.get('ledger_schema') or 'intercom_activate' -%}
  {%- set quoted = {} -%}
  {%- for part, text in {'database': database, 'schema': schema}.items() if text -%}
    {%- if text is not string or modules.re.search('["\'`;{}\\\\\x00-\x1f]', text) -%}
      {%- do exceptions.raise_compiler_error(
        'intercom_activate: the ' ~ part ~ ' of the ledger: expected a name without quotation marks, semicolons, '
        ~ 'backslashes and braces, found another text. Correct `vars: {intercom_activate: {ledger_' ~ part ~ ': ...}}`'
      ) -%}
    {%- endif -%}
    {%- if not modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', text) -%}
      {%- do quoted.update({part: true}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(api.Relation.create(
    database=database or target.database | default(none), schema=schema, identifier=name, quote_policy=quoted
  )) }}
{%- endmacro %}
