{#-
  A column of numbers as text, the same whatever its type: 1, 1.0, 1.00 and 1e0 are `1`, 0.10 is `0.1`; as the command line
  writes a number that is an identifier. `_text` of binding/values.py.
-#}
{% macro number_text(column) -%}
  {{ return(adapter.dispatch('number_text', 'intercom_activate')(column)) }}
{%- endmacro %}

{#- Whole numbers by way of an integer, since some engines show only the first 15 digits of a DOUBLE. -#}
{% macro default__number_text(column) -%}
  {%- set text = intercom_activate.text_type() -%}
  {{ return(
    'case when ' ~ column ~ ' = floor(' ~ column ~ ') and abs(' ~ column ~ ') < 9e18 then cast(cast(' ~ column ~ ' as '
    ~ intercom_activate.bigint_type() ~ ') as ' ~ text ~ ') else ' ~ intercom_activate.plain_number('cast(' ~ column ~ ' as ' ~ text ~ ')')
    ~ ' end'
  ) }}
{%- endmacro %}
