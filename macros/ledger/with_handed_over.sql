{#- What stands after `from`: the ledger as it will be after `hand_over`, for those who may not write. -#}
{% macro with_handed_over(ledger, renamed) -%}
  {{ return(adapter.dispatch('with_handed_over', 'intercom_activate')(ledger, renamed)) }}
{%- endmacro %}

{% macro default__with_handed_over(ledger, renamed) -%}
{%- set columns = intercom_activate.columns('ledger') | map(attribute=0) | join(', ') -%}
(
  select {{ columns }}
  from {{ ledger }}
  union all
  {{ intercom_activate._handed_over(ledger, renamed) | indent(2) }}
) as ia_with_handed_over
{%- endmacro %}
