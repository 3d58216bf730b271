{#- The ledger is of this version now; `program` is the version of this package that made it so. -#}
{% macro append_version(versions, ledger_version, program) -%}
  {{ return(adapter.dispatch('append_version', 'intercom_activate')(versions, ledger_version, program)) }}
{%- endmacro %}

{% macro default__append_version(versions, ledger_version, program) -%}
{%- set values = {
  'ledger_version': ledger_version,
  'program': intercom_activate.text_literal(program),
  'recorded_at': intercom_activate.utc_now(),
} -%}
{%- set columns = intercom_activate.columns('versions') -%}
insert into {{ versions }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  cast({{ values[name] }} as {{ type }}){{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
