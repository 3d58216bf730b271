{#-
  The activations of a project that `runs` tells of, by workspace, and whether what each delivered has an owner no more:
  1 where it was let go, or handed over to another name, and has not run since.
-#}
{% macro known_activations(runs, project) -%}
  {{ return(adapter.dispatch('known_activations', 'intercom_activate')(runs, project)) }}
{%- endmacro %}

{% macro default__known_activations(runs, project) -%}
select activation, workspace, max(workspace_name) as workspace_name, max(ia_left) as ia_left
from (
  select
    activation,
    workspace,
    workspace_name,
    case
      when status in ('forgotten', 'renamed')
        and coalesce(generation, 0) = max(coalesce(generation, 0)) over (partition by activation, workspace)
        then 1
      else 0
    end as ia_left
  from {{ runs }}
  where project = {{ intercom_activate.text_literal(project) }}
    and workspace is not null
) as ia_runs
group by activation, workspace
order by activation, workspace
{%- endmacro %}
