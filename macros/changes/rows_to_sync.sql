{#-
  What stands after `from` to read the rows of a relation that its activation means, as a query in parentheses.

  where      the user's condition, or none
  snapshot   of a snapshot {valid_to: quoted column, current: SQL of what it holds in current rows or none (null),
             deleted: quoted column or none}, else none: its current rows, without those that it calls deleted
-#}
{% macro rows_to_sync(relation, where, snapshot) -%}
  {{ return(adapter.dispatch('rows_to_sync', 'intercom_activate')(relation, where, snapshot)) }}
{%- endmacro %}

{% macro default__rows_to_sync(relation, where, snapshot) -%}
(
  select *
  from {{ relation }}
  where 1 = 1
  {%- if where is not none %}
    and (
      {{ where }}
    )
  {%- endif %}
  {%- if snapshot is not none %}
    and ({{ snapshot.valid_to }} is null{{ ' or ' ~ snapshot.valid_to ~ ' = ' ~ snapshot.current if snapshot.current }})
    {%- if snapshot.deleted %}
    and lower(coalesce(cast({{ snapshot.deleted }} as {{ intercom_activate.text_type() }}), 'false')) <> 'true'
    {%- endif %}
  {%- endif %}
) as ia_rows
{%- endmacro %}
