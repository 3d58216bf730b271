{#- A run says that it claims the lock, is alive (heartbeat), or is done (release); dated by the warehouse's own clock. -#}
{% macro append_lock(locks, lock) -%}
  {{ return(adapter.dispatch('append_lock', 'intercom_activate')(locks, lock)) }}
{%- endmacro %}

{% macro default__append_lock(locks, lock) -%}
insert into {{ locks }} (run_id, project, host, pid, process_space, lock_state, seen_at)
select
  {{ intercom_activate.text_literal(lock.run_id) }},
  {{ intercom_activate.text_literal(lock.project) }},
  {{ intercom_activate.text_literal(lock.host) }},
  {{ lock.pid }},
  {{ intercom_activate.text_literal(lock.process_space) }},
  {{ intercom_activate.text_literal(lock.lock_state) }},
  {{ intercom_activate.utc_now() }}
{%- endmacro %}
