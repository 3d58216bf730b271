{#-
  What `stage_changes` would keep of the records that matter to removals, as a query in parentheses: `plan` makes no table.
  Records that the plan expects to be delivered have no outcome yet; `only_failing` leaves them out.
-#}
{% macro staged_query(changes, only_failing=false) -%}
  {{ return(adapter.dispatch('staged_query', 'intercom_activate')(changes, only_failing)) }}
{%- endmacro %}

{% macro default__staged_query(changes, only_failing) -%}
(
{{ intercom_activate._changes(changes, with_ids=false) }}
select
  row_number() over (order by ia_class, ia_record_key) as ia_seq,
  ia_class,
  ia_key,
  ia_identifier,
  ia_related,
  ia_hash,
  ia_from_here
from classified
where ia_class in ({{ "'removed', 'invalid', 'waiting'" if only_failing else "'removed', 'invalid', 'waiting', 'added', 'changed'" }})
{{- intercom_activate._kept_only(changes) }}
)
{%- endmacro %}
