{#-
  What is read of staged records.

  columns   [{alias, reading, zoned}]. How each is read:
    value     as it is
    moment    its UTC, null where that is no year from 1 to 9999: no driver makes a Python value of it, and one such row
              would spoil its whole page. At the end of the row is a column more for each, 1 where there is one of those
    text      as text
    presence  1 where there is a value
-#}
{% macro _page_columns(columns) -%}
ia_seq, ia_class, ia_code, ia_known_id, ia_known_related_id, ia_last_payload_hash, ia_first_attempt_at, ia_delivered, ia_removed_by, ia_last_id
{%- for column in columns %},
{%- if column.reading == 'moment' %}
{%- set moment = intercom_activate._read_moment(column.alias, column.zoned) %}
case when extract(year from {{ moment }}) between 1 and 9999 then {{ moment }} end as {{ column.alias }}
{%- elif column.reading == 'text' %}
cast({{ column.alias }} as {{ intercom_activate.text_type() }}) as {{ column.alias }}
{%- elif column.reading == 'presence' %}
case when {{ column.alias }} is not null then 1 end as {{ column.alias }}
{%- else %}
{{ column.alias }}
{%- endif %}
{%- endfor %}
{%- for column in columns if column.reading == 'moment' %}
{%- set moment = intercom_activate._read_moment(column.alias, column.zoned) %},
case when {{ moment }} is null then 0 when extract(year from {{ moment }}) between 1 and 9999 then 0 else 1 end as {{ column.alias }}_out
{%- endfor %}
{%- endmacro %}
