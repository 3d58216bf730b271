{#-
  The records to act on, numbered, with the mapped columns: the relation is read once, here.
  Pages are read from it by `ia_seq`, and outcomes joined back by it, so that keys and values never travel as literals.
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
where ia_class <> 'gone'
{%- if not keep_unchanged %}
  and ia_class <> 'unchanged'
{%- endif %}
{%- endmacro %}
