{#-
  The runs of a project that have claimed the lock, have not released it, and were seen within `minutes`.

  A sign of life that is dated that far in the future, by a clock that was wrong, is none: it would keep all others out
  until then.
-#}
{% macro live_locks(locks, project, minutes) -%}
  {{ return(adapter.dispatch('live_locks', 'intercom_activate')(locks, project, minutes)) }}
{%- endmacro %}

{% macro default__live_locks(locks, project, minutes) -%}
select run_id, host, pid, process_space, min(seen_at) as ia_since
from {{ locks }}
where project = {{ intercom_activate.text_literal(project) }}
group by run_id, host, pid, process_space
having max(case when lock_state = 'release' then 1 else 0 end) = 0
  and max(case when seen_at <= {{ intercom_activate.minutes_ago(-minutes) }} then seen_at end)
    >= {{ intercom_activate.minutes_ago(minutes) }}
order by 5
{%- endmacro %}
