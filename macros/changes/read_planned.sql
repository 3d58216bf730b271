{#-
  The records that a sync would send, from `first` to `last`, both included, in the order in which it would take them, each with
  its key: as `read_page` reads them of a stage, where no table may be made.
-#}
{% macro read_planned(changes, columns, first, last) -%}
  {{ return(adapter.dispatch('read_planned', 'intercom_activate')(changes, columns, first, last)) }}
{%- endmacro %}

{% macro default__read_planned(changes, columns, first, last) -%}
{{ intercom_activate._changes(changes) }},
planned as (
  select
    {{ intercom_activate._staged_columns(changes) | indent(4) }}
  from classified
  where ia_class in ('added', 'changed')
)
select
  ia_record_key,
  {{ intercom_activate._page_columns(columns) | indent(2) }}
from planned
where ia_seq between {{ first }} and {{ last }}
order by ia_seq
{%- endmacro %}
