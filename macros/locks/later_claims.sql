{#-
  What other runs have said since the last sign of life of one: their claims, and that sign. `ia_newer` is 1 where another
  has a later generation, and so took the place of this one, whatever the clock said.
-#}
{% macro later_claims(locks, project, run_id) -%}
  {{ return(adapter.dispatch('later_claims', 'intercom_activate')(locks, project, run_id)) }}
{%- endmacro %}

{% macro default__later_claims(locks, project, run_id) -%}
select
  other.run_id, other.host, other.pid, other.process_space, other.seen_at as ia_since, own.ia_seen,
  case when other.generation > own.ia_generation then 1 else 0 end as ia_newer
from {{ locks }} as other
cross join (
  select max(seen_at) as ia_seen, max(generation) as ia_generation
  from {{ locks }}
  where run_id = {{ intercom_activate.text_literal(run_id) }}
) as own
where other.project = {{ intercom_activate.text_literal(project) }}
  and other.run_id <> {{ intercom_activate.text_literal(run_id) }}
  and (
    (other.lock_state = 'claim' and other.seen_at > own.ia_seen)
    or other.generation > own.ia_generation
  )
order by 5
{%- endmacro %}
