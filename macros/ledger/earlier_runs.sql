{#- The newest rows of `runs` of each activation in each workspace, the newest first; `counts` are columns too. -#}
{% macro earlier_runs(runs, columns, counts, limit) -%}
  {{ return(adapter.dispatch('earlier_runs', 'intercom_activate')(runs, columns, counts, limit)) }}
{%- endmacro %}

{% macro default__earlier_runs(runs, columns, counts, limit) -%}
select {{ (columns + counts) | join(', ') }}
from (
  select
    {{ (columns + counts) | join(', ') }},
    coalesce(generation, 0) as ia_generation,
    row_number() over (
      partition by workspace, workspace_name, activation
      order by coalesce(generation, 0) desc, started_at desc, run_id desc
    ) as ia_newest
  from {{ runs }}
) as ia_runs
where ia_newest <= {{ limit }}
order by started_at desc, ia_generation desc, run_id desc, activation
{%- endmacro %}
