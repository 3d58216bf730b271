{#- What stands after `from` to read the rows of a relation as a kept stage has them; `columns` are their names in it. -#}
{% macro kept_rows(kept, columns) -%}
  {{ return(adapter.dispatch('kept_rows', 'intercom_activate')(kept, columns)) }}
{%- endmacro %}

{% macro default__kept_rows(kept, columns) -%}
(
  select {{ columns | join(', ') }}
  from {{ kept }}
  where ia_class <> 'removed'
) as ia_kept
{%- endmacro %}
