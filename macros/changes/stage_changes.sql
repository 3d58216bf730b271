{#-
  The records to act on, numbered, with the mapped columns: nothing else reads the relation to act on it.
  Pages are read from it by `ia_seq`, and outcomes joined back by it, so that keys and values never travel as literals.
  With `changes.first_by_hash` the records to be sent come first, in an order that follows from their keys and means nothing,
  so that the first of them stand for all; otherwise the order is that of the keys.
  Unchanged records stay out, unless `keep_unchanged`: their count follows from the ledger (see `count_settled`).
-#}
{% macro stage_changes(stage, changes, keep_unchanged) -%}
  {{ return(adapter.dispatch('stage_changes', 'intercom_activate')(stage, changes, keep_unchanged)) }}
{%- endmacro %}

{% macro default__stage_changes(stage, changes, keep_unchanged) -%}
create table {{ stage }} {{ intercom_activate._table_format() }}as
{{ intercom_activate._changes(changes) }}
select
  {{ intercom_activate._staged_columns(changes) | indent(2) }}
from classified
{%- if changes.get('equal') %}
left outer join (
  select ia_key as ia_equal_key, ia_payload_hash as ia_equal_hash, ia_intercom_id as ia_equal_id
  from {{ changes.equal }}
) as ia_equal
  on ia_key = ia_equal_key
{%- endif %}
where ia_class <> 'gone'
{%- if not keep_unchanged %}
  and ia_class <> 'unchanged'
{%- endif %}
{{- intercom_activate._kept_only(changes) }}
{%- endmacro %}
