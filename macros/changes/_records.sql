{#- A relation's columns under the names that the rest goes by, as `changes` of `_changes` describes them. -#}
{% macro _records(changes) -%}
{%- set text = intercom_activate.text_type() -%}
select
  {%- for column in changes.columns %}
  {%- if column.name is none %}
  cast({{ intercom_activate.text_literal(column.literal) }} as {{ text }})
  {%- elif column.get('zoned') %}
  {{ intercom_activate._staged_moment(column.name) }}
  {%- else %}
  {{ column.name }}
  {%- endif %} as {{ column.alias }}
  {%- if column.get('number') %},
  {{ intercom_activate.number_text(column.name) }} as {{ column.alias }}_text
  {%- endif %}{{ ',' if not loop.last }}
  {%- endfor %}
  {%- if changes.filter is not none %},
  case when (
    {{ changes.filter }}
  ) then 1 else 0 end as ia_wanted
  {%- endif %}
from {{ changes.relation }}
{%- endmacro %}
