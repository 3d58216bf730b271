{#- What stands in a stage: rows by class and code, and how many distinct records of each were settled before. -#}
{% macro count_staged(stage) -%}
  {{ return(adapter.dispatch('count_staged', 'intercom_activate')(stage)) }}
{%- endmacro %}

{% macro default__count_staged(stage) -%}
select
  ia_class,
  ia_code,
  count(*) as ia_count,
  count(distinct case when ia_settled = 1 then ia_record_key end) as ia_settled,
  min(ia_seq) as ia_first,
  max(ia_seq) as ia_last,
  sum(case when ia_class = 'removed' and ia_from_here = 1 then 1 else 0 end) as ia_removable
from {{ stage }}
group by 1, 2
{%- endmacro %}
