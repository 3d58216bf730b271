{#-
  The rows of the ledger that meet a condition, as a query: `record_key` as keys are spelled today, `ia_written_key` as it
  was written.

  Versions before spelled a number in a key as its type did: `1.0` where the column was DOUBLE, `1.00` where it was
  DECIMAL(10, 2). Such a key is that of 1.

  numbers    for each part of the key, whether its column holds numbers now
-#}
{% macro _respelled(ledger, numbers, condition) -%}
{%- set columns = intercom_activate.columns('ledger') | map(attribute=0) | reject('equalto', 'record_key') | join(', ') -%}
{%- if numbers | length == 1 -%}
select record_key as ia_written_key, {{ columns }}, {{ intercom_activate.plain_number('record_key') }} as record_key
from {{ ledger }}
where {{ condition }}
{%- else -%}
{#- The parts of `length:text,length:text` one after the other; null from the first that has another form. -#}
{#- Each step names the one below several times: merged into one expression they would grow with every step. -#}
{%- set parts, rows_below = [], ') as ia_rows' ~ intercom_activate._optimizer_fence() -%}
{%- set found = namespace(rows=[
  'select record_key as ia_written_key, ' ~ columns ~ ', record_key as ia_rest', 'from ' ~ ledger, 'where ' ~ condition
] | join('\n')) -%}
{%- for number in numbers -%}
  {%- set part = 'ia_part_' ~ loop.index -%}
  {%- set kept = ['ia_written_key', columns] + parts -%}
  {%- set length = intercom_activate._leading_length('ia_rest') -%}
  {%- set found.rows = [
    'select ' ~ kept | join(', ') ~ ', ia_rest, ' ~ length ~ ' as ia_length', 'from (', found.rows, rows_below
  ] | join('\n') -%}
  {%- set begin = 'length(cast(ia_length as ' ~ intercom_activate.text_type() ~ ')) + 2' -%}
  {%- set found.rows = [
    'select ' ~ kept | join(', ') ~ ', substr(ia_rest, ' ~ begin ~ ', ia_length) as ' ~ part
      ~ ', substr(ia_rest, ' ~ begin ~ ' + ia_length + 1) as ia_rest',
    'from (', found.rows, rows_below
  ] | join('\n') -%}
  {%- do parts.append(part) -%}
{%- endfor -%}
select
  ia_written_key,
  {{ columns }},
  case when ia_rest = '' then {{ intercom_activate.record_key(parts) }} else ia_written_key end as record_key
from (
  select
    ia_written_key,
    {{ columns }},
    {%- for part in parts %}
    {{ intercom_activate.plain_number(part) ~ ' as ' ~ part if numbers[loop.index0] else part }},
    {%- endfor %}
    ia_rest
  from (
{{ found.rows }}
  ) as ia_parts
  {{- intercom_activate._optimizer_fence() }}
) as ia_spelled
{%- endif -%}
{%- endmacro %}

{#-
  The same of several activations: of those in `spellings`, [{activation, numbers}], in the spelling of today, of all others
  as it is.
-#}
{% macro _respelled_of_each(ledger, spellings, condition) -%}
{%- set columns = intercom_activate.columns('ledger') | map(attribute=0) | reject('equalto', 'record_key') | join(', ') -%}
{%- for each in spellings %}
{{ intercom_activate._respelled(
  ledger, each.numbers, condition ~ ' and activation = ' ~ intercom_activate.text_literal(each.activation)
) }}
union all
{%- endfor %}
select record_key as ia_written_key, {{ columns }}, record_key
from {{ ledger }}
where {{ condition }}
  {%- if spellings %}
  and activation not in ({{ intercom_activate._list(spellings | map(attribute='activation') | list) }})
  {%- endif %}
{%- endmacro %}

{#- The number before the first colon; null where there is none. -#}
{% macro _leading_length(text) -%}
  {%- set at = dbt.position("':'", text) | string | trim -%}
  {%- set digits = 'substr(' ~ text ~ ', 1, ' ~ at ~ ' - 1)' -%}
  {{ return(
    'case when ' ~ at ~ ' between 2 and 7 and ' ~ "length(translate(" ~ digits ~ ", '0123456789', '')) = 0 then cast("
    ~ digits ~ ' as ' ~ intercom_activate.integer_type() ~ ') end'
  ) }}
{%- endmacro %}
