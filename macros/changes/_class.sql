{#-
  A lasting failure waits until the record or the mapping changes; the same holds for what is wrong with the record itself,
  where the reason, not the hash, says whether it is still the same failure.
-#}
{% macro _class(changes) -%}
{%- set fresh = "failed_at >= " ~ intercom_activate.timestamp_literal(changes.retry_before)
  ~ " and failed_at <= " ~ intercom_activate.timestamp_literal(changes.retry_after) -%}
{%- set again = changes.resend or changes.only_failed -%}
case
  when ia_present is null then case when ia_delivered = 1 then 'removed' else 'gone' end
  {%- if changes.only_failed %}
  when ia_failed = 0 then 'gone'
  {%- endif %}
  when ia_failed = 1 and failed_code in ({{ intercom_activate._list(changes.waiting_codes) }}) then 'waiting'
  {%- if not again %}
  when ia_reason is not null and ia_failed = 1 and failed_code = ia_reason and {{ fresh }} then 'waiting'
  {%- endif %}
  when ia_reason is not null then 'invalid'
  {%- if not again %}
  when ia_failed = 1 and failed_hash = ia_hash and {{ fresh }}
    and failed_code in ({{ intercom_activate._list(changes.lasting_codes) }})
    {#- Of these the reason has told above that they are no more: a duplicate whose other row is gone looks as it did. #}
    and failed_code not in ('missing_identifier', 'duplicate_identifier')
    {#- A cast leaves the text form of a value as it was; rows of older versions tell no types. #}
    and (
      failed_code <> 'invalid_value'
      or failed_payload_hash = {{ intercom_activate.text_literal(changes.types_hash) }}
      or failed_payload_hash not like 'types:%'
    ) then 'waiting'
  {%- endif %}
  {%- if changes.once %}
  {#- What failed since, as for a twin that is gone now, is `changed`: nothing is sent, and its last outcome is a success. #}
  when ia_delivered = 1 and ia_failed = 0 then 'unchanged'
  {%- endif %}
  {%- if not changes.resend %}
  when ia_failed = 0 and ia_delivered = 1 and ia_moved = 0 and succeeded_hash = ia_hash then 'unchanged'
  {%- endif %}
  when ia_delivered = 0 or ia_moved = 1 then 'added'
  else 'changed'
end
{%- endmacro %}
