{#-
  A run says that it claims the lock, is alive (heartbeat), or is done (release); dated by the warehouse's own clock.

  lock  {run_id, project, host, pid, process_space, lock_state}; `process_space` names the set of processes in which
        `pid` is unique
-#}
{% macro append_lock(locks, lock) -%}
  {{ return(adapter.dispatch('append_lock', 'intercom_activate')(locks, lock)) }}
{%- endmacro %}

{% macro default__append_lock(locks, lock) -%}
{%- set columns = intercom_activate.columns('locks') -%}
insert into {{ locks }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  {{ intercom_activate.utc_now() if name == 'seen_at' else intercom_activate._literal(lock[name]) }}{{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
