{#-
  How many of the records that left the relation may be removed, and how many of these a row that failed still names; of tags
  by the tag, in lower case.
-#}
{% macro count_removals(stage, ledger, removals) -%}
  {{ return(adapter.dispatch('count_removals', 'intercom_activate')(stage, ledger, removals)) }}
{%- endmacro %}

{% macro default__count_removals(stage, ledger, removals) -%}
select
  {#- The other side of a tag is its name, which many have; of a membership it is a company. #}
  {{ 'lower(ia_related)' if removals.pairs and not removals.needs_related_id else 'cast(null as ' ~ intercom_activate.text_type() ~ ')' }} as ia_tag,
  count(*) as ia_count,
  sum(ia_named) as ia_named
from (
{{ intercom_activate.read_removals(stage, ledger, removals) }}
) as ia_removals
group by 1
{%- endmacro %}
