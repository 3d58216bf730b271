{#-
  Every column of several relations, one relation after the other, and none of their rows: behind those of each stands one
  named `ia_end_` and its number, from 1. None where a result may not have two columns of one name.
-#}
{% macro select_no_rows_of_each(relations) -%}
  {{ return(adapter.dispatch('select_no_rows_of_each', 'intercom_activate')(relations)) }}
{%- endmacro %}

{% macro default__select_no_rows_of_each(relations) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro duckdb__select_no_rows_of_each(relations) -%}
  {{ return(intercom_activate._side_by_side(relations)) }}
{%- endmacro %}

{% macro postgres__select_no_rows_of_each(relations) -%}
  {{ return(intercom_activate._side_by_side(relations)) }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's, and was not asked. -#}
{% macro redshift__select_no_rows_of_each(relations) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro _side_by_side(relations) -%}
select
  {%- for relation in relations %}
  ia_{{ loop.index }}.*, 0 as ia_end_{{ loop.index }}{{ ',' if not loop.last }}
  {%- endfor %}
from
  {%- for relation in relations %}
  {{ 'cross join ' if not loop.first }}(select * from {{ relation }}) as ia_{{ loop.index }}
  {%- endfor %}
where 1 = 0
{%- endmacro %}
