{#-
  What Intercom was told last of records of an activation, by their keys: the payload of the newest succeeded row that `_tells`,
  where that was no removal and has one. One without a payload may follow one with: then nobody knows what Intercom has.

  of         {project, workspace, activation}
  records    what stands after `from` and has their keys as `ia_record_key`, such as a stage; or none
  keys       the keys themselves, where there are few; not looked at where there are `records`
-#}
{% macro told_payloads(ledger, of, records=none, keys=[]) -%}
  {{ return(adapter.dispatch('told_payloads', 'intercom_activate')(ledger, of, records, keys)) }}
{%- endmacro %}

{% macro default__told_payloads(ledger, of, records, keys) -%}
{%- set condition -%}
status = 'succeeded'
  and {{ intercom_activate._tells() }}
  and project = {{ intercom_activate.text_literal(of.project) }}
  and workspace = {{ intercom_activate.text_literal(of.workspace) }}
  and activation = {{ intercom_activate.text_literal(of.activation) }}
  and record_key in (
    {%- if records is not none %}select ia_record_key from {{ records }}
    {%- else %}{{ intercom_activate._list(keys) }}
    {%- endif %})
{%- endset -%}
select record_key, payload
from (
  {{ intercom_activate._newest_rows(ledger, condition) | indent(2) }}
) as ia_told
where ia_newest = 1
  and payload is not null
  and operation not in ({{ intercom_activate._removal_operations() }})
{%- endmacro %}
