{#-
  Drop what Intercom was told from the rows that a newer telling superseded and that are older than `cutoff`
  (`YYYY-MM-DD HH:MM:SS.ffffff`, UTC), as one statement; the rows stay, and so does all else in them.

  None where the engine cannot change rows; the command says so.
-#}
{% macro drop_payloads(ledger, cutoff) -%}
  {{ return(adapter.dispatch('drop_payloads', 'intercom_activate')(ledger, cutoff)) }}
{%- endmacro %}

{% macro default__drop_payloads(ledger, cutoff) -%}
update {{ ledger }}
set payload = null
where {{ intercom_activate._superseded_payloads(ledger, cutoff) }}
{%- endmacro %}

{#- Rows are named as in `compact_ledger`. -#}
{% macro _superseded_payloads(ledger, cutoff) -%}
{%- set name = intercom_activate.row_hash('', [
  'project', 'workspace', 'activation', 'record_key', 'status', 'http_status', 'run_id', 'generation', 'place',
  'delivered_at'
]) -%}
payload is not null
  and delivered_at < {{ intercom_activate.timestamp_literal(cutoff) }}
  and {{ name }} in (
    select ia_name
    from (
      select
        {{ name }} as ia_name,
        rank() over (
          partition by project, workspace, activation, record_key
          order by {{ intercom_activate._newest_first() }}
        ) as ia_newest
      from {{ ledger }}
      where status = 'succeeded'
        and {{ intercom_activate._tells() }}
    ) as ia_ranked
    where ia_newest > 1
  )
{%- endmacro %}

{#- Plain tables of Spark can only be appended to. -#}
{% macro spark__drop_payloads(ledger, cutoff) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro databricks__drop_payloads(ledger, cutoff) -%}
  {{ return(intercom_activate.default__drop_payloads(ledger, cutoff)) }}
{%- endmacro %}

{#- https://clickhouse.com/docs/sql-reference/statements/alter/update; without the setting it is done some time later. -#}
{% macro clickhouse__drop_payloads(ledger, cutoff) -%}
alter table {{ ledger }} update payload = null
where {{ intercom_activate._superseded_payloads(ledger, cutoff) }}
settings mutations_sync = 1
{%- endmacro %}
