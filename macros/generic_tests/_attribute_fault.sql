{#- What keeps a value out of a custom attribute, as SQL; null where nothing does. -#}
{% macro _attribute_fault(value, family, type) -%}
  {{ return(adapter.dispatch('_attribute_fault', 'intercom_activate')(value, family, type)) }}
{%- endmacro %}

{% macro default___attribute_fault(value, family, type) -%}
  {%- if family == 'composite' -%}
    {{ return(intercom_activate._any_value_is(value, 'invalid_value: an object, an array or bytes')) }}
  {%- elif type is not none and family not in intercom_activate._families_of_types()[type] -%}
    {{ return(intercom_activate._any_value_is(value, 'invalid_value: a column that does not fit the type ' ~ type)) }}
  {%- endif -%}
  {%- set faults = [] -%}
  {%- if family == 'text' -%}
    {%- set text = 'cast(' ~ value ~ ' as ' ~ intercom_activate.text_type() ~ ')' -%}
    {%- do faults.append(('length(' ~ text ~ ') > 255', 'text of more than 255 characters')) -%}
  {%- elif family == 'number' -%}
    {%- do faults.append((intercom_activate._is_not_finite(value), 'not a finite number')) -%}
  {%- endif -%}
  {%- if type == 'integer' and family == 'number' -%}
    {%- do faults.append((value ~ ' <> floor(' ~ value ~ ')', 'a number with decimals where an integer is due')) -%}
  {%- elif type in ['date', 'datetime'] and family != 'timestamp' -%}
    {%- do faults.append((
      value ~ ' >= 100000000000 or ' ~ value ~ ' <= -100000000000', 'milliseconds where seconds are due'
    )) -%}
  {%- endif -%}
  {{ return(intercom_activate._first_fault(faults)) }}
{%- endmacro %}

{#- Which families of columns an attribute of a type takes. -#}
{% macro _families_of_types() -%}
  {{ return({
    'string': ['text'],
    'integer': ['integer', 'number'],
    'float': ['integer', 'number'],
    'boolean': ['boolean'],
    'date': ['timestamp', 'integer', 'number'],
    'datetime': ['timestamp', 'integer', 'number'],
  }) }}
{%- endmacro %}

{#- Every engine's words for what JSON has no number for. -#}
{% macro _is_not_finite(value) -%}
  {%- set text = 'lower(cast(' ~ value ~ ' as ' ~ intercom_activate.text_type() ~ '))' -%}
  {{ return(text ~ " in ('nan', '-nan', 'inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity')") }}
{%- endmacro %}

{% macro _any_value_is(value, fault) -%}
  {{ return('case when ' ~ value ~ " is not null then '" ~ fault ~ "' end") }}
{%- endmacro %}

{#- `faults` are pairs of a condition and what it means. -#}
{% macro _first_fault(faults) -%}
  {%- if not faults -%}
    {{ return('cast(null as ' ~ intercom_activate.text_type() ~ ')') }}
  {%- endif -%}
  {%- set lines = [] -%}
  {%- for condition, meaning in faults -%}
    {%- do lines.append('  when ' ~ condition ~ " then 'invalid_value: " ~ meaning ~ "'") -%}
  {%- endfor -%}
  {{ return('case\n' ~ lines | join('\n') ~ '\nend') }}
{%- endmacro %}
