{#- How many of the records that left the relation may be removed, and how many of these a row that failed still names. -#}
{% macro count_removals(stage, ledger, removals) -%}
  {{ return(adapter.dispatch('count_removals', 'intercom_activate')(stage, ledger, removals)) }}
{%- endmacro %}

{% macro default__count_removals(stage, ledger, removals) -%}
select count(*) as ia_count, coalesce(sum(ia_named), 0) as ia_named
from (
{{ intercom_activate.read_removals(stage, ledger, removals) }}
) as ia_removals
{%- endmacro %}
