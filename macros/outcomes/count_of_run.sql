{#- How many rows `runs` has of a run's activation in a workspace. -#}
{% macro count_of_run(runs, run) -%}
  {{ return(adapter.dispatch('count_of_run', 'intercom_activate')(runs, run)) }}
{%- endmacro %}

{% macro default__count_of_run(runs, run) -%}
select count(*)
from {{ runs }}
where run_id = {{ intercom_activate.text_literal(run.run_id) }}
  and project = {{ intercom_activate.text_literal(run.project) }}
  and workspace = {{ intercom_activate.text_literal(run.workspace) }}
  and activation = {{ intercom_activate.text_literal(run.activation) }}
{%- endmacro %}
