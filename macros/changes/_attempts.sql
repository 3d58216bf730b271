{#-
  When each record was sent first without anybody learning what came of it, by Intercom's clock: what Intercom says to
  have made since then may be ours.

  Rows of older versions have the clock of their host only, and do not tell whether anything was sent.
-#}
{% macro _attempts(changes) -%}
{%- if changes.ledger is none -%}
select cast(null as {{ intercom_activate.text_type() }}) as record_key, {{ intercom_activate.timestamp_literal(none) }} as first_attempt_at
from (select 1 as ia_one) as ia_nothing
where ia_one = 0
{%- else -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(changes.project) }}
  and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
  and activation = {{ intercom_activate.text_literal(changes.activation) }}
  and (
    attempted_at is not null
    or (
      generation is null
      and coalesce(code, '') not in ('missing_identifier', 'duplicate_identifier', 'invalid_value')
    )
  )
{%- endset -%}
select record_key, min(case when generation is null then delivered_at else attempted_at end) as first_attempt_at
{%- if changes.key_numbers %}
from (
{{ intercom_activate._respelled(changes.ledger, changes.key_numbers, condition) }}
) as ia_respelled
{%- else %}
from {{ changes.ledger }}
where {{ condition }}
{%- endif %}
group by record_key
{%- endif -%}
{%- endmacro %}
