{#- What stands in a stage: rows by class and code, and how many distinct records of each were settled before. -#}
{% macro count_staged(stage) -%}
  {{ return(adapter.dispatch('count_staged', 'intercom_activate')(stage)) }}
{%- endmacro %}

{% macro default__count_staged(stage) -%}
select
  ia_class,
  ia_code,
  count(*) as ia_count,
  {#- Rows with one key may fail each for its own reason: the record is counted with the first of them. #}
  sum(case when ia_settled = 1 and ia_seq = ia_first_of_key then 1 else 0 end) as ia_settled,
  min(ia_seq) as ia_first,
  max(ia_seq) as ia_last,
  sum(case when ia_class = 'removed' and ia_from_here = 1 then 1 else 0 end) as ia_removable
from (
  select staged.*, min(ia_seq) over (partition by ia_record_key) as ia_first_of_key
  from {{ stage }} as staged
) as ia_staged
group by 1, 2
{%- endmacro %}
