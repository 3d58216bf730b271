{#-
  The staged records from `first` to `last`, both included, in their order. `_page_columns` says what `columns` is.
-#}
{% macro read_page(stage, columns, first, last) -%}
  {{ return(adapter.dispatch('read_page', 'intercom_activate')(stage, columns, first, last)) }}
{%- endmacro %}

{% macro default__read_page(stage, columns, first, last) -%}
select
  {{ intercom_activate._page_columns(columns) | indent(2) }}
from {{ stage }}
where ia_seq between {{ first }} and {{ last }}
order by ia_seq
{%- endmacro %}
