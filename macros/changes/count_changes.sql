{#-
  The plan as one query: how many records of each class, and of those to be sent, how many take the same calls to Intercom. It
  creates nothing.

  learnt   whom other activations of the same run come to know before this one: {identifier, related}, each a list of queries
           in parentheses, as `staged_query` makes them, or none
-#}
{% macro count_changes(changes, learnt=none) -%}
  {{ return(adapter.dispatch('count_changes', 'intercom_activate')(changes, learnt or {'identifier': [], 'related': []})) }}
{%- endmacro %}

{% macro default__count_changes(changes, learnt) -%}
{%- set sent = "classified.ia_class in ('added', 'changed')" -%}
{%- set related = changes.related -%}
{%- set has_other_id = related is not none and related.identity -%}
{{ intercom_activate._changes(changes, with_attempts=false) }},
{%- for side in ['identifier', 'related'] if learnt[side] %}
learnt_{{ side }} as (
  select distinct ia_identifier
  from (
  {%- for query in learnt[side] %}
  select ia_identifier from {{ query }} as ia_earlier where ia_class in ('added', 'changed')
  {{ 'union all' if not loop.last }}
  {%- endfor %}
  ) as ia_learnt
),
{%- endfor %}
flagged as (
  select
    classified.ia_class as ia_class,
    case when classified.ia_class = 'waiting' then failed_code when classified.ia_class = 'invalid' then ia_reason end as ia_code,
    case when classified.ia_class = 'removed' and ia_from_here = 1 then 1 else 0 end as ia_removable,
    case when {{ sent }} then 1 else 0 end as ia_sent,
    case when {{ sent }} and coalesce(classified.ia_identifier, '') <> '' then 1 else 0 end as ia_identified,
    case
      when {{ sent }} and ia_known_id is not null then 1
      {%- if learnt.identifier %}
      when {{ sent }} and learnt_identifier.ia_identifier is not null then 1
      {%- endif %}
      else 0
    end as ia_known,
    case
      when {{ sent }} and ia_known_related_id is not null then 1
      {%- if learnt.related %}
      when {{ sent }} and learnt_related.ia_identifier is not null then 1
      {%- endif %}
      else 0
    end as ia_related_known,
    case when {{ sent }} then ia_delivered else 0 end as ia_was_delivered,
    case when {{ sent }} and ia_removed_by = 'archive' then 1 else 0 end as ia_returns,
    {%- if related is not none and not related.identity %}
    case when {{ sent }} then lower(classified.ia_related) end as ia_tag,
    {%- else %}
    cast(null as {{ intercom_activate.text_type() }}) as ia_tag,
    {%- endif %}
    classified.ia_identifier as ia_identifier,
    classified.ia_related as ia_related
  from classified
  {%- if learnt.identifier %}
  left outer join learnt_identifier on classified.ia_identifier = learnt_identifier.ia_identifier
  {%- endif %}
  {%- if learnt.related %}
  left outer join learnt_related on classified.ia_related = learnt_related.ia_identifier
  {%- endif %}
  where classified.ia_class <> 'gone'
  {{- intercom_activate._optimizer_fence() }}
)
select
  ia_class,
  ia_code,
  ia_identified,
  ia_known,
  ia_related_known,
  ia_was_delivered,
  ia_returns,
  ia_tag,
  count(*) as ia_count,
  sum(ia_removable) as ia_removable,
  {#- Each that has to be looked up is counted with the first of its records. #}
  {{ 'sum(case when ia_sent = 1 and ia_known = 0 and ia_of_identifier = 1 then 1 else 0 end)' if related is not none else 0 }} as ia_identifiers,
  {{ 'sum(case when ia_sent = 1 and ia_related_known = 0 and ia_of_related = 1 then 1 else 0 end)' if has_other_id else 0 }} as ia_relateds
from (
  select
    flagged.*
    {%- if related is not none %},
    row_number() over (partition by ia_sent, ia_known, ia_identifier order by ia_class) as ia_of_identifier
    {%- endif %}
    {%- if has_other_id %},
    row_number() over (partition by ia_sent, ia_related_known, ia_related order by ia_class) as ia_of_related
    {%- endif %}
  from flagged
) as ia_counted
group by ia_class, ia_code, ia_identified, ia_known, ia_related_known, ia_was_delivered, ia_returns, ia_tag
{%- endmacro %}
