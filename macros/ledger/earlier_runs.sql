{#-
  The newest rows of `runs` of each activation in each workspace, the newest first; `counts` are columns too.

  without: the `run_state` whose rows are left out; by default none is.
-#}
{% macro earlier_runs(runs, columns, counts, limit, without=none) -%}
  {{ return(adapter.dispatch('earlier_runs', 'intercom_activate')(runs, columns, counts, limit, without)) }}
{%- endmacro %}

{% macro default__earlier_runs(runs, columns, counts, limit, without) -%}
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
  {%- if without is not none %}
  where run_state is null or run_state <> {{ intercom_activate.text_literal(without) }}
  {%- endif %}
) as ia_runs
where ia_newest <= {{ limit }}
order by started_at desc, ia_generation desc, run_id desc, activation
{%- endmacro %}
