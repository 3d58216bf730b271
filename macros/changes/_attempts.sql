{#- When each record was attempted first. What failed before any call cannot have made anything in Intercom. -#}
{% macro _attempts(changes) -%}
{%- if changes.ledger is none -%}
select cast(null as {{ intercom_activate.text_type() }}) as record_key, {{ intercom_activate.timestamp_literal(none) }} as first_delivered_at
from (select 1 as ia_one) as ia_nothing
where ia_one = 0
{%- else -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(changes.project) }}
  and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
  and activation = {{ intercom_activate.text_literal(changes.activation) }}
  and coalesce(code, '') not in ('missing_identifier', 'duplicate_identifier', 'invalid_value')
{%- endset -%}
select record_key, min(delivered_at) as first_delivered_at
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
