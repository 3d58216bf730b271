{#-
  Say of the records of an activation that failed last and are not in the relation any more that they have left, so that
  their failure leaves with them. If one comes back, it is attempted as if it had changed.

  Of `maybe_delivered` nobody knows what became of it, so it stays; and so does what this run itself attempted.

  run        as for `append_outcomes`
-#}
{% macro append_left(ledger, stage, run, delivered_at) -%}
  {{ return(adapter.dispatch('append_left', 'intercom_activate')(ledger, stage, run, delivered_at)) }}
{%- endmacro %}

{% macro default__append_left(ledger, stage, run, delivered_at) -%}
{%- set columns = intercom_activate.columns('ledger') -%}
{%- set own = {'operation': 'none', 'status': 'left', 'place': 0} -%}
{%- set kept = ['record_key', 'identifier_value', 'related_value'] -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(run.project) }}
  and workspace = {{ intercom_activate.text_literal(run.workspace) }}
  and activation = {{ intercom_activate.text_literal(run.activation) }}
{%- endset -%}
insert into {{ ledger }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  {% if name in kept %}newest.{{ name }}
  {%- elif name == 'delivered_at' %}{{ intercom_activate.timestamp_literal(delivered_at) }}
  {%- elif name in own %}cast({{ intercom_activate._literal(own[name]) }} as {{ type }})
  {%- elif name in run %}cast({{ intercom_activate._literal(run[name]) }} as {{ type }})
  {%- else %}cast(null as {{ type }})
  {%- endif %}{{ ',' if not loop.last }}
  {%- endfor %}
from (
  {{ intercom_activate._newest_rows(
    ledger,
    condition ~ '\n  and record_key in (select record_key from ' ~ ledger ~ ' where ' ~ condition ~ " and status = 'failed')"
  ) | indent(2) }}
) as newest
left outer join (
  select distinct ia_record_key
  from {{ stage }} as ia_stage
  where ia_class <> 'removed'
) as present on newest.record_key = present.ia_record_key
where newest.ia_newest = 1
  and newest.status = 'failed'
  and coalesce(newest.code, '') <> 'maybe_delivered'
  and newest.run_id <> {{ intercom_activate.text_literal(run.run_id) }}
  and present.ia_record_key is null
{%- endmacro %}
