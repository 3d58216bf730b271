{#-
  Drop the superseded rows of the ledger that are older than `cutoff` (`YYYY-MM-DD HH:MM:SS.ffffff`, UTC), as one
  statement: killed midway, it has done nothing.

  Of each record stay its newest row, its newest succeeded row, the newest of those that tell the payload, and the newest
  one in which Intercom did something: it tells the id. Stay, too, the rows that say that an id is no longer Intercom's: an older success would bring it back.

  None where the engine cannot delete in place; the command says so.
-#}
{% macro compact_ledger(ledger, cutoff) -%}
  {{ return(adapter.dispatch('compact_ledger', 'intercom_activate')(ledger, cutoff)) }}
{%- endmacro %}

{#-
  The ledger has no row number of its own and needs none: rows that agree in all of these agree in their rank, so that
  naming one of them names only rows that may go.
-#}
{% macro default__compact_ledger(ledger, cutoff) -%}
{%- set name = intercom_activate.row_hash('', [
  'project', 'workspace', 'activation', 'record_key', 'status', 'http_status', 'run_id', 'generation', 'place',
  'delivered_at'
]) -%}
delete from {{ ledger }}
where delivered_at < {{ intercom_activate.timestamp_literal(cutoff) }}
  and {{ name }} in (
    select ia_name
    from (
      select
        {{ name }} as ia_name,
        status as ia_status,
        code as ia_code,
        rank() over (
          partition by project, workspace, activation, record_key
          order by {{ intercom_activate._newest_first() }}
        ) as ia_newest,
        rank() over (
          partition by project, workspace, activation, record_key, status
          order by {{ intercom_activate._newest_first() }}
        ) as ia_newest_of_status,
        case when status = 'succeeded' and {{ intercom_activate._answered() }} then 1 else 0 end as ia_answered,
        rank() over (
          partition by
            project, workspace, activation, record_key,
            case when status = 'succeeded' and {{ intercom_activate._answered() }} then 1 else 0 end
          order by {{ intercom_activate._newest_first() }}
        ) as ia_newest_answered,
        case when status = 'succeeded' and {{ intercom_activate._tells() }} then 1 else 0 end as ia_tells,
        rank() over (
          partition by
            project, workspace, activation, record_key,
            case when status = 'succeeded' and {{ intercom_activate._tells() }} then 1 else 0 end
          order by {{ intercom_activate._newest_first() }}
        ) as ia_newest_telling
      from {{ ledger }}
    ) as ia_ranked
    where ia_newest > 1
      and (ia_answered = 0 or ia_newest_answered > 1)
      and (ia_tells = 0 or ia_newest_telling > 1)
      and (ia_status <> 'succeeded' or ia_newest_of_status > 1)
      and coalesce(ia_code, '') not in ({{ intercom_activate._lost_id_codes() }})
  )
{%- endmacro %}

{#- Plain tables of Spark can only be appended to. -#}
{% macro spark__compact_ledger(ledger, cutoff) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro databricks__compact_ledger(ledger, cutoff) -%}
  {{ return(intercom_activate.default__compact_ledger(ledger, cutoff)) }}
{%- endmacro %}
