{#-
  How many records of an activation the ledger calls settled: their last outcome succeeded and was no removal. What is
  sent once stays settled whatever its later outcomes.
  Each of them is unchanged, or stands in the stage; so unchanged = settled - settled in the stage.
-#}
{% macro count_settled(changes) -%}
  {{ return(adapter.dispatch('count_settled', 'intercom_activate')(changes)) }}
{%- endmacro %}

{% macro default__count_settled(changes) -%}
with {{ intercom_activate._succeeded_and_failed(changes) }}
select count(*) as ia_count
from succeeded
left outer join failed on succeeded.record_key = failed.record_key
where succeeded.operation not in ({{ intercom_activate._list(changes.removal_operations) }})
  {%- if not changes.once %}
  and {{ intercom_activate._failed_last() | indent(2) }} = 0
  {%- endif %}
{%- endmacro %}
