{#-
  What the ledger knows of each record of this activation, as two CTEs: `succeeded`, its newest succeeded row (a removal
  is one too), and `failed`, its newest failed row, or the newer one that says that it has left (without a code, so that it
  waits for nothing when it comes back). The later of the two is its last outcome (see `_failed_last`).

  So each row of the ledger is ranked once, among rows of its status only, and a record has one row in each CTE. Finding
  both in one query with windows, and joining them by record afterwards, takes about three times as long.
-#}
{% macro _succeeded_and_failed(changes) -%}
succeeded as (
  {{ intercom_activate._newest(changes, 'succeeded', [
    'operation', 'record_hash', 'payload_hash', 'identifier_value', 'intercom_id', 'related_value', 'related_id', 'origin'
  ]) | indent(2) }}
),
failed as (
  {{ intercom_activate._newest(changes, 'failed', ['code', 'record_hash', 'payload_hash']) | indent(2) }}
)
{%- endmacro %}

{#- The newest row of each record with a status. -#}
{% macro _newest(changes, status, columns) -%}
{%- set numbers = changes.key_numbers -%}
{%- set columns = ['record_key', 'run_id', 'delivered_at', 'generation', 'place'] + columns -%}
{%- if changes.ledger is none -%}
select
  {%- if numbers %}
  cast(null as {{ intercom_activate.text_type() }}) as ia_written_key,
  {%- endif %}
  {%- for name, type, since in intercom_activate.columns('ledger') if name in columns %}
  cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from (select 1 as ia_one) as ia_nothing
where ia_one = 0
{%- else -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(changes.project) }}
    and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
    and activation = {{ intercom_activate.text_literal(changes.activation) }}
    and status in ({{ intercom_activate._list([status] + (['left'] if status == 'failed' else [])) }})
{%- endset -%}
{%- if numbers -%}
  {%- set rows = 'from (\n' ~ intercom_activate._respelled(changes.ledger, numbers, condition) ~ '\n) as ia_respelled' -%}
{%- else -%}
  {%- set rows = 'from ' ~ changes.ledger ~ '\n  where ' ~ condition -%}
{%- endif -%}
{{ intercom_activate._newest_of_each(rows, columns + (['ia_written_key'] if numbers else [])) }}
{%- endif -%}
{%- endmacro %}

{#- The newest row of each record among `rows`, which is a `from` with its `where`. -#}
{% macro _newest_of_each(rows, columns) -%}
  {{ return(adapter.dispatch('_newest_of_each', 'intercom_activate')(rows, columns)) }}
{%- endmacro %}

{% macro default___newest_of_each(rows, columns) -%}
select {{ columns | join(', ') }}
from (
  select
    {{ columns | join(', ') }},
    row_number() over (partition by record_key order by {{ intercom_activate._newest_first() }}) as ia_newest
  {{ rows }}
) as ia_ranked
where ia_newest = 1
{%- endmacro %}

{#- The same sort, without a window function above it; and PostgreSQL knows then that a record has one row. -#}
{% macro postgres___newest_of_each(rows, columns) -%}
select distinct on (record_key) {{ columns | join(', ') }}
  {{ rows }}
order by record_key, {{ intercom_activate._newest_first() }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's, and has no `distinct on`. -#}
{% macro redshift___newest_of_each(rows, columns) -%}
  {{ return(intercom_activate.default___newest_of_each(rows, columns)) }}
{%- endmacro %}

{#- Whether the last outcome of a record is a failure: 1 or 0. -#}
{% macro _failed_last() -%}
case
  when failed.record_key is null then 0
  when succeeded.record_key is null then 1
  {#- The order of `_newest_first`. #}
  {%- for older in ['coalesce(%s.generation, 0)', 'coalesce(%s.place, 0)', '%s.delivered_at'] %}
  when {{ older % 'failed' }} > {{ older % 'succeeded' }} then 1
  when {{ older % 'failed' }} < {{ older % 'succeeded' }} then 0
  {%- endfor %}
  when failed.run_id > succeeded.run_id then 1
  else 0
end
{%- endmacro %}
