{#-
  Say what became of a plan; dated by the warehouse's own clock.

  plan  {plan_id, project, plan_state, run_id, stage_count}; `plan_state` is kept, begun, applied or dropped, `run_id` that of
        the run that began or applied it
-#}
{% macro append_plan(plans, plan) -%}
  {{ return(adapter.dispatch('append_plan', 'intercom_activate')(plans, plan)) }}
{%- endmacro %}

{% macro default__append_plan(plans, plan) -%}
{%- set columns = intercom_activate.columns('plans') -%}
insert into {{ plans }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  {%- if name == 'noted_at' %}
  {{ intercom_activate.utc_now() }}
  {%- else %}
  cast({{ intercom_activate._literal(plan[name]) }} as {{ type }})
  {%- endif %}{{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
