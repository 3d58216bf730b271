{#-
  Of each activation, in each workspace: the newest row of `runs`, and the newest of those that looked at a record.
  A run that was not let in, or had nothing to try again, has counts of zero; where it was not let in before the
  workspace was asked who it is, it has no workspace either.

  counts: the columns that count records.
-#}
{% macro newest_runs(runs, columns, counts) -%}
  {{ return(adapter.dispatch('newest_runs', 'intercom_activate')(runs, columns, counts)) }}
{%- endmacro %}

{% macro default__newest_runs(runs, columns, counts) -%}
select {{ (columns + counts) | join(', ') }}
from (
  select
    ia_runs.*,
    row_number() over (
      partition by workspace, workspace_name, activation order by ia_generation desc, started_at desc, run_id desc
    ) as ia_newest,
    row_number() over (
      partition by workspace, workspace_name, activation, ia_looked order by ia_generation desc, started_at desc, run_id desc
    ) as ia_newest_alike
  from (
    select
      {{ (columns + counts) | join(', ') }},
      coalesce(generation, 0) as ia_generation,
      case when {% for count in counts %}coalesce({{ count }}, 0) > 0{{ ' or ' if not loop.last }}{% endfor %} then 1 else 0 end as ia_looked
    from {{ runs }}
  ) as ia_runs
) as ia_ranked
where ia_newest = 1 or (ia_newest_alike = 1 and ia_looked = 1)
order by activation, ia_generation desc, started_at desc, run_id desc
{%- endmacro %}
