{#-
  Append a batch of outcomes to the ledger. Each names its record by sequence number; the key and the identifier come
  from the stage. Each column of the ledger has its value from one of the three.

  run        {run_id, project, workspace, workspace_name, activation, object_type, identifier, origin, generation}
  outcomes   [{seq, payload_hash, operation, status, code, message, intercom_id, related_id, http_status, request_id,
             delivered_at, attempted_at, place, payload}], each value a literal already: a macro for each of some thousand
             values would cost more than the statement
-#}
{% macro append_outcomes(ledger, stage, run, outcomes) -%}
  {{ return(adapter.dispatch('append_outcomes', 'intercom_activate')(ledger, stage, run, outcomes)) }}
{%- endmacro %}

{% macro default__append_outcomes(ledger, stage, run, outcomes) -%}
{%- set columns = intercom_activate.columns('ledger') -%}
{%- set staged = {
  'record_key': 'ia_record_key', 'identifier_value': 'ia_identifier', 'related_value': 'ia_related',
  'record_hash': 'ia_hash',
} -%}
insert into {{ ledger }} ({{ columns | map(attribute=0) | join(', ') }})
select
  {%- for name, type, since in columns %}
  {% if name in staged %}staged.{{ staged[name] }}
  {%- elif name in run %}cast({{ intercom_activate._literal(run[name]) }} as {{ type }})
  {%- elif name in outcomes[0] %}cast(outcome.{{ name }} as {{ type }})
  {%- else %}{{ exceptions.raise_compiler_error('nothing fills the column ' ~ name ~ ' of the ledger') }}
  {%- endif %}{{ ',' if not loop.last }}
  {%- endfor %}
from {{ stage }} as staged
inner join {{ intercom_activate.outcome_rows(outcomes) }} on staged.ia_seq = outcome.seq
{%- endmacro %}
