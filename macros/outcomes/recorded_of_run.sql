{#- The sequence numbers whose outcome of one run stands in the ledger already. -#}
{% macro recorded_of_run(ledger, stage, run) -%}
  {{ return(adapter.dispatch('recorded_of_run', 'intercom_activate')(ledger, stage, run)) }}
{%- endmacro %}

{% macro default__recorded_of_run(ledger, stage, run) -%}
select distinct staged.ia_seq
from {{ stage }} as staged
inner join {{ ledger }} as ledger
  on staged.ia_record_key = ledger.record_key
  and coalesce(staged.ia_hash, '') = coalesce(ledger.record_hash, '') -- a record that left the model has none
where ledger.run_id = {{ intercom_activate.text_literal(run.run_id) }}
  and ledger.project = {{ intercom_activate.text_literal(run.project) }}
  and ledger.workspace = {{ intercom_activate.text_literal(run.workspace) }}
  and coalesce(ledger.code, '') <> 'maybe_delivered' -- an announcement is no outcome
  and ledger.activation = {{ intercom_activate.text_literal(run.activation) }}
{%- endmacro %}
