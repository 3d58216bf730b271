{#- The sequence numbers of a stage whose records a plan says are to be removed; `kept` as `keep_removals` made it. -#}
{% macro planned_removals(stage, kept) -%}
  {{ return(adapter.dispatch('planned_removals', 'intercom_activate')(stage, kept)) }}
{%- endmacro %}

{% macro default__planned_removals(stage, kept) -%}
select staged.ia_seq as ia_seq
from {{ stage }} as staged
inner join {{ kept }} as planned
  on staged.ia_key = planned.ia_key
where staged.ia_class = 'removed'
{%- endmacro %}
