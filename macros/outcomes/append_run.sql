{#- Append the result of one activation to `runs`; `run` has a value for each of its columns. -#}
{% macro append_run(runs, run) -%}
  {{ return(adapter.dispatch('append_run', 'intercom_activate')(runs, run)) }}
{%- endmacro %}

{% macro default__append_run(runs, run) -%}
{%- set columns = intercom_activate.columns('runs') -%}
insert into {{ runs }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  cast({{ intercom_activate._literal(run[name]) }} as {{ type }}){{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
