{#- What became of the plans of a project, the oldest word first. -#}
{% macro read_plans(plans, project) -%}
  {{ return(adapter.dispatch('read_plans', 'intercom_activate')(plans, project)) }}
{%- endmacro %}

{% macro default__read_plans(plans, project) -%}
select plan_id, plan_state, run_id, stage_count, noted_at
from {{ plans }}
where project = {{ intercom_activate.text_literal(project) }}
order by noted_at
{%- endmacro %}
