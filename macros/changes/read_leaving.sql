{#- The keys of the records that left the relation and are to be removed, in their order, and at most `most` of them. -#}
{% macro read_leaving(stage, ledger, removals, most) -%}
  {{ return(adapter.dispatch('read_leaving', 'intercom_activate')(stage, ledger, removals, most)) }}
{%- endmacro %}

{% macro default__read_leaving(stage, ledger, removals, most) -%}
select staged.ia_key as ia_key
from {{ stage }} as staged
inner join (
{{ intercom_activate.read_removals(stage, ledger, removals) }}
) as ia_removals
  on staged.ia_seq = ia_removals.ia_seq
where ia_removals.ia_named = 0
order by staged.ia_seq
limit {{ most }}
{%- endmacro %}
