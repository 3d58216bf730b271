{#-
  The columns of a stage, from `classified` of `_changes`.
  `ia_key` is what records are told apart by, `ia_record_key` what the ledger has it under: the same, but for a number that an
  older version spelled as its type does.
-#}
{% macro _staged_columns(changes, with_attempts=true, with_values=true) -%}
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
{{ 'coalesce(ia_equal_id, ia_known_id) as ' if changes.get('equal') }}ia_known_id,
ia_known_related_id,
{#- What a plan found to be equal in Intercom is as if it had been delivered so. #}
{{ 'coalesce(ia_equal_hash, ' if changes.get('equal') -}}
case when {{ '' if changes.inserts_only else 'ia_failed = 0 and ' }}ia_moved = 0 then succeeded_payload_hash end
{{- ')' if changes.get('equal') }} as ia_last_payload_hash,
{{ 'ia_first_attempt_at' if with_attempts else intercom_activate.timestamp_literal(none) ~ ' as ia_first_attempt_at' }},
ia_delivered,
{{ 'ia_delivered' if changes.once else 'case when ia_failed = 0 then ia_delivered else 0 end' }} as ia_settled,
ia_from_here,
ia_removed_by,
ia_last_id
{%- for column in changes.columns if with_values %},
{{ column.alias }}
{%- endfor %}
{%- endmacro %}
