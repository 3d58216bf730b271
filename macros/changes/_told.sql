{#- What the ledger knows of each record of this activation: its newest row (`last_*`) and its newest succeeded row (`told_*`). -#}
{% macro _told(changes) -%}
{%- set text = intercom_activate.text_type() -%}
{%- if changes.ledger is none -%}
told as (
  select
    cast(null as {{ text }}) as record_key,
    cast(null as {{ text }}) as last_status,
    cast(null as {{ text }}) as last_code,
    cast(null as {{ text }}) as last_hash,
    cast(null as {{ text }}) as last_payload_hash,
    cast(null as {{ text }}) as last_operation,
    {{ intercom_activate.timestamp_literal(none) }} as last_delivered_at,
    {{ intercom_activate.timestamp_literal(none) }} as first_delivered_at,
    cast(null as {{ text }}) as told_operation,
    cast(null as {{ text }}) as told_intercom_id,
    cast(null as {{ text }}) as told_related_id,
    cast(null as {{ text }}) as told_related_value,
    cast(null as {{ text }}) as told_origin,
    cast(null as {{ text }}) as told_identifier_value
  from (select 1 as ia_one) as ia_nothing
  where ia_one = 0
)
{%- else -%}
history as (
  select
    record_key, record_hash, payload_hash, operation, status, code, intercom_id, related_id, related_value, identifier_value,
    delivered_at, origin,
    row_number() over (partition by record_key order by delivered_at desc, run_id desc) as ia_newest,
    row_number() over (partition by record_key, status order by delivered_at desc, run_id desc) as ia_newest_of_status,
    {#- What failed before any call cannot have made anything in Intercom. #}
    min(
      case when coalesce(code, '') not in ('missing_identifier', 'duplicate_identifier', 'invalid_value') then delivered_at end
    ) over (partition by record_key) as first_delivered_at
  from {{ changes.ledger }}
  where project = {{ intercom_activate.text_literal(changes.project) }}
    and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
    and activation = {{ intercom_activate.text_literal(changes.activation) }}
),
told as (
  select
    record_key,
    max(case when ia_newest = 1 then status end) as last_status,
    max(case when ia_newest = 1 then code end) as last_code,
    max(case when ia_newest = 1 then record_hash end) as last_hash,
    max(case when ia_newest = 1 then payload_hash end) as last_payload_hash,
    max(case when ia_newest = 1 then operation end) as last_operation,
    max(case when ia_newest = 1 then delivered_at end) as last_delivered_at,
    max(first_delivered_at) as first_delivered_at,
    max(case when status = 'succeeded' then operation end) as told_operation,
    max(case when status = 'succeeded' then intercom_id end) as told_intercom_id,
    max(case when status = 'succeeded' then related_id end) as told_related_id,
    max(case when status = 'succeeded' then related_value end) as told_related_value,
    max(case when status = 'succeeded' then origin end) as told_origin,
    max(case when status = 'succeeded' then identifier_value end) as told_identifier_value
  from history
  where ia_newest = 1 or (status = 'succeeded' and ia_newest_of_status = 1)
  group by record_key
)
{%- endif -%}
{%- endmacro %}
