{#- The plan as one query: how many records of each class. It creates nothing. -#}
{% macro count_changes(changes) -%}
  {{ return(adapter.dispatch('count_changes', 'intercom_activate')(changes)) }}
{%- endmacro %}

{% macro default__count_changes(changes) -%}
{{ intercom_activate._changes(changes, with_ids=false) }}
select
  ia_class,
  case when ia_class = 'waiting' then failed_code when ia_class = 'invalid' then ia_reason end as ia_code,
  count(*) as ia_count,
  sum(case when ia_class = 'removed' and ia_from_here = 1 then 1 else 0 end) as ia_removable
from (
  select ia_class, failed_code, ia_reason, ia_from_here
  from classified
  {{- intercom_activate._optimizer_fence() }}
) as ia_classes
where ia_class <> 'gone'
group by 1, 2
{%- endmacro %}
