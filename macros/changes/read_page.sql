{#-
  The staged records from `first` to `last`, both included, in their order. `_page_columns` says what `columns` is; `keyed`: each begins
  with its key.
-#}
{% macro read_page(stage, columns, first, last, keyed=false) -%}
  {{ return(adapter.dispatch('read_page', 'intercom_activate')(stage, columns, first, last, keyed)) }}
{%- endmacro %}

{% macro default__read_page(stage, columns, first, last, keyed) -%}
select
  {{ 'ia_record_key, ' if keyed }}{{ intercom_activate._page_columns(columns) | indent(2) }}
from {{ stage }}
where ia_seq between {{ first }} and {{ last }}
order by ia_seq
{%- endmacro %}
