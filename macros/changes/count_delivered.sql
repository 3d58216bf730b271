{#- How many records of an activation were delivered and not removed since: what `max_removed` is a share of. -#}
{% macro count_delivered(changes) -%}
  {{ return(adapter.dispatch('count_delivered', 'intercom_activate')(changes)) }}
{%- endmacro %}

{% macro default__count_delivered(changes) -%}
with {{ intercom_activate._succeeded_and_failed(changes) }}
select count(*) as ia_count
from succeeded
where operation not in ({{ intercom_activate._list(changes.removal_operations) }})
{%- endmacro %}
