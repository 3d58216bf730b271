{#- How many records two differences do not have alike; each is a stage, or a query in parentheses as of `staged_query`. -#}
{% macro count_unlike(one, other) -%}
  {{ return(adapter.dispatch('count_unlike', 'intercom_activate')(one, other)) }}
{%- endmacro %}

{% macro default__count_unlike(one, other) -%}
select count(distinct ia_key) as ia_count
from (
  select ia_class, ia_key, ia_hash
  from (
    select ia_class, ia_key, coalesce(ia_hash, '') as ia_hash, 1 as ia_side
    from {{ one }} as ia_one
    union all
    select ia_class, ia_key, coalesce(ia_hash, '') as ia_hash, -1 as ia_side
    from {{ other }} as ia_other
  ) as ia_both
  group by ia_class, ia_key, ia_hash
  having sum(ia_side) <> 0
) as ia_unlike
{%- endmacro %}
