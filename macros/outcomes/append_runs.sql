{#- Append the results of activations to `runs`; each of `rows` has a literal for each of its columns. -#}
{% macro append_runs(runs, rows) -%}
  {{ return(adapter.dispatch('append_runs', 'intercom_activate')(runs, rows)) }}
{%- endmacro %}

{% macro default__append_runs(runs, rows) -%}
{%- set columns = intercom_activate.columns('runs') -%}
insert into {{ runs }} ({{ columns | map(attribute=0) | join(', ') }})
{%- for row in rows %}
select
  {%- for name, type, since in columns %}
  cast({{ row[name] }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
{{- '\nunion all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
