{#- The newest row of `runs` of each activation, in each workspace that it was synced to. -#}
{% macro newest_runs(runs, columns) -%}
  {{ return(adapter.dispatch('newest_runs', 'intercom_activate')(runs, columns)) }}
{%- endmacro %}

{% macro default__newest_runs(runs, columns) -%}
select {{ columns | join(', ') }}
from (
  select
    {{ columns | join(', ') }},
    coalesce(generation, 0) as ia_generation,
    row_number() over (
      partition by workspace, activation order by coalesce(generation, 0) desc, started_at desc, run_id desc
    ) as ia_newest
  from {{ runs }}
) as ia_runs
where ia_newest = 1
order by activation, ia_generation desc, started_at desc
{%- endmacro %}
