{#-
  The records to act on, numbered, with the mapped columns: the relation is read once, here.
  Pages are read from it by `ia_seq`, and outcomes joined back by it, so that keys and values never travel as literals.
  `ia_key` is what records are told apart by, `ia_record_key` what the ledger has it under: the same, but for a number that an
  older version spelled as its type does.
  With `changes.first_by_hash` the records to be sent come first, in an order that follows from their keys and means nothing,
  so that the first of them stand for all; otherwise the order is that of the keys.
  Unchanged records stay out, unless `keep_unchanged`: their count follows from the ledger (see `count_settled`).
-#}
{% macro stage_changes(stage, changes, keep_unchanged) -%}
  {{ return(adapter.dispatch('stage_changes', 'intercom_activate')(stage, changes, keep_unchanged)) }}
{%- endmacro %}

{% macro default__stage_changes(stage, changes, keep_unchanged) -%}
create table {{ stage }} {{ intercom_activate._table_format() }}as
{{ intercom_activate._changes(changes) }}
select
  {%- if changes.get('first_by_hash') %}
  row_number() over (
    order by case when ia_class in ('added', 'changed', 'invalid') then 0 else 1 end, {{ intercom_activate._md5('ia_record_key') }}, ia_record_key
  ) as ia_seq,
  {%- else %}
  row_number() over (order by ia_class, ia_record_key) as ia_seq,
  {%- endif %}
  ia_class,
  case when ia_class = 'waiting' then failed_code when ia_class = 'invalid' then ia_reason end as ia_code,
  ia_record_key,
  ia_key,
  ia_identifier,
  ia_hash,
  ia_related,
  ia_known_id,
  ia_known_related_id,
  case when {{ '' if changes.inserts_only else 'ia_failed = 0 and ' }}ia_moved = 0 then succeeded_payload_hash end as ia_last_payload_hash,
  ia_first_attempt_at,
  ia_delivered,
  {{ 'ia_delivered' if changes.once else 'case when ia_failed = 0 then ia_delivered else 0 end' }} as ia_settled,
  ia_from_here,
  ia_removed_by,
  ia_last_id
  {%- for column in changes.columns %},
  {{ column.alias }}
  {%- endfor %}
from classified
where ia_class <> 'gone'
{%- if not keep_unchanged %}
  and ia_class <> 'unchanged'
{%- endif %}
{{- intercom_activate._kept_only(changes) }}
{%- endmacro %}
