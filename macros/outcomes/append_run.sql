{#- Append the result of one activation to `runs`; `run` has a value for each of its columns. -#}
{% macro append_run(runs, run) -%}
  {{ return(adapter.dispatch('append_run', 'intercom_activate')(runs, run)) }}
{%- endmacro %}

{% macro default__append_run(runs, run) -%}
{%- set columns = intercom_activate.runs_columns() -%}
insert into {{ runs }} (
  {%- for name, type in columns %}{{ name }}{{ ', ' if not loop.last }}{% endfor -%}
)
select
  {%- for name, type in columns %}
  {%- set value = run[name] %}
  cast({{ intercom_activate.text_literal(value) if value is string else ('null' if value is none else value) }} as {{ type }}){{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
