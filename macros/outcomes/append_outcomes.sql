{#-
  Append a batch of outcomes to the ledger. Each names its record by sequence number; the key and the identifier come
  from the stage.

  run        {run_id, project, workspace, workspace_name, activation, object_type, identifier, origin}
  outcomes   [{seq, payload_hash, operation, status, code, message, intercom_id, related_id, http_status, request_id, delivered_at}]
-#}
{% macro append_outcomes(ledger, stage, run, outcomes) -%}
  {{ return(adapter.dispatch('append_outcomes', 'intercom_activate')(ledger, stage, run, outcomes)) }}
{%- endmacro %}

{% macro default__append_outcomes(ledger, stage, run, outcomes) -%}
{%- set text = intercom_activate.text_type() -%}
insert into {{ ledger }} (
  run_id, project, workspace, workspace_name, activation, object_type, record_key, identifier, identifier_value,
  related_value, related_id, record_hash, payload_hash, operation, status, code, message, intercom_id, http_status,
  request_id, delivered_at, origin
)
select
  {{ intercom_activate.text_literal(run.run_id) }},
  {{ intercom_activate.text_literal(run.project) }},
  {{ intercom_activate.text_literal(run.workspace) }},
  {{ intercom_activate.text_literal(run.workspace_name) }},
  {{ intercom_activate.text_literal(run.activation) }},
  {{ intercom_activate.text_literal(run.object_type) }},
  staged.ia_record_key,
  {{ intercom_activate.text_literal(run.identifier) }},
  staged.ia_identifier,
  staged.ia_related,
  cast(outcome.related_id as {{ text }}),
  staged.ia_hash,
  cast(outcome.payload_hash as {{ text }}),
  cast(outcome.operation as {{ text }}),
  cast(outcome.status as {{ text }}),
  cast(outcome.code as {{ text }}),
  cast(outcome.message as {{ text }}),
  cast(outcome.intercom_id as {{ text }}),
  cast(outcome.http_status as {{ dbt.type_int() }}),
  cast(outcome.request_id as {{ text }}),
  cast(outcome.delivered_at as {{ intercom_activate.timestamp_type() }}),
  {{ intercom_activate.text_literal(run.origin) }}
from {{ stage }} as staged
inner join {{ intercom_activate.outcome_rows(outcomes) }} on staged.ia_seq = outcome.seq
{%- endmacro %}
