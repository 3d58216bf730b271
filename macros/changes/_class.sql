{#-
  last = the newest row of a key; told = its newest succeeded row.
  A lasting failure waits until the record or the mapping changes; the same holds for what is wrong with the record itself,
  where the reason, not the hash, says whether it is still the same failure.
-#}
{% macro _class(changes) -%}
{%- set fresh = "last_delivered_at >= " ~ intercom_activate.timestamp_literal(changes.retry_before) -%}
{%- set again = changes.resend or changes.only_failed -%}
case
  when ia_present is null then case when ia_delivered = 1 then 'removed' else 'gone' end
  {%- if changes.only_failed %}
  when coalesce(last_status, '') <> 'failed' then 'gone'
  {%- endif %}
  when last_status = 'failed' and last_code in ({{ intercom_activate._list(changes.waiting_codes) }}) then 'waiting'
  {%- if not again %}
  when ia_reason is not null and last_status = 'failed' and last_code = ia_reason and {{ fresh }} then 'waiting'
  {%- endif %}
  when ia_reason is not null then 'invalid'
  {%- if not again %}
  when last_status = 'failed' and last_hash = ia_hash and {{ fresh }}
    and last_code in ({{ intercom_activate._list(changes.lasting_codes) }}) then 'waiting'
  {%- endif %}
  {%- if changes.once %}
  when ia_delivered = 1 then 'unchanged'
  {%- endif %}
  {%- if not changes.resend %}
  when ia_settled = 1 and ia_moved = 0 and last_hash = ia_hash then 'unchanged'
  {%- endif %}
  when ia_delivered = 0 or ia_moved = 1 then 'added'
  else 'changed'
end
{%- endmacro %}
