{#- The runs of a project that have claimed the lock, have not released it, and were seen within `minutes`. -#}
{% macro live_locks(locks, project, minutes) -%}
  {{ return(adapter.dispatch('live_locks', 'intercom_activate')(locks, project, minutes)) }}
{%- endmacro %}

{% macro default__live_locks(locks, project, minutes) -%}
select run_id, host, pid, process_space, min(seen_at) as ia_since
from {{ locks }}
where project = {{ intercom_activate.text_literal(project) }}
group by run_id, host, pid, process_space
having max(case when lock_state = 'release' then 1 else 0 end) = 0
  and max(seen_at) >= {{ intercom_activate.minutes_ago(minutes) }}
order by 5
{%- endmacro %}
