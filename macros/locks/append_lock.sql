{#-
  A run says that it claims the lock, is alive (heartbeat), or is done (release); dated by the warehouse's own clock.

  lock  {run_id, project, host, pid, process_space, lock_state, generation}; `process_space` names the set of processes
        in which `pid` is unique; `generation` is null until the run has taken one
-#}
{% macro append_lock(locks, lock) -%}
  {{ return(adapter.dispatch('append_lock', 'intercom_activate')(locks, lock)) }}
{%- endmacro %}

{% macro default__append_lock(locks, lock) -%}
{%- set columns = intercom_activate.columns('locks') -%}
insert into {{ locks }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  {%- if name == 'seen_at' %}
  {{ intercom_activate.utc_now() }}
  {%- else %}
  cast({{ intercom_activate._literal(lock[name]) }} as {{ type }})
  {%- endif %}{{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
