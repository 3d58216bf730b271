{#-
  The rows of a model that have a fault, whole, with the value that was judged (`ia_value`) and what is wrong with it
  (`ia_fault`).
-#}
{% macro _faulty_rows(model, value, fault) -%}
with ia_rows as (
  select * from {{ model }}
),
ia_values as (
  select ia_rows.*, {{ value }} as ia_value
  from ia_rows
),
ia_judged as (
  select
    ia_values.*,
    {#- Never through `indent`, which would make line breaks of other characters inside a literal. #}
    {{ fault }} as ia_fault
  from ia_values
)
select *
from ia_judged
where ia_fault is not null
{%- endmacro %}
