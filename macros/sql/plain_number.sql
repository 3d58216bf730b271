{#-
  The text of a number, as any type and engine writes it, without an exponent and without zeros at its end. Any other text
  stays as it is; so does one like `12e5`, which no engine writes for a number, and which may be an identifier.
-#}
{% macro plain_number(text) -%}
  {{ return(adapter.dispatch('plain_number', 'intercom_activate')(text)) }}
{%- endmacro %}

{% macro default__plain_number(text) -%}
  {#- What is left without the digits tells the form: `-.e+` of `-1.5e+15`. -#}
  {%- set form = "translate(lower(" ~ text ~ "), '0123456789', '')" -%}
  {#- Of most texts it is quick to see that there is nothing to do. -#}
  {{ return(
    'case when ' ~ text ~ " not like '%.%' and " ~ text ~ " not like '%e%' and " ~ text ~ " not like '%E%' then " ~ text
    ~ ' when ' ~ form ~ " in ('.', '-.') and " ~ text ~ " not like '%.' then " ~ intercom_activate._without_zeros(text)
    ~ ' when ' ~ intercom_activate._has_exponent(text, form) ~ ' then ' ~ intercom_activate._without_exponent(text)
    ~ ' else ' ~ text ~ ' end'
  ) }}
{%- endmacro %}

{#- Whether it is a number with an exponent as engines write it: one digit before the point, and three in the exponent at most. -#}
{% macro _has_exponent(text, form) -%}
  {%- set at, lower = intercom_activate._place_of_exponent(text), 'lower(' ~ text ~ ')' -%}
  {%- set begins = [] -%}
  {%- for begin in ['_.%e%', '_e%', '-_.%e%', '-_e%'] -%}
    {%- do begins.append(lower ~ " like '" ~ begin ~ "'") -%}
  {%- endfor -%}
  {%- set ends = [form ~ " in ('.e', '-.e') and " ~ lower ~ " like '%e_%'"] -%}
  {%- for sign in ['+', '-'] -%}
    {%- do ends.append(
      form ~ " in ('.e" ~ sign ~ "', '-.e" ~ sign ~ "', 'e" ~ sign ~ "', '-e" ~ sign ~ "') and " ~ lower ~ " like '%e"
      ~ sign ~ "_%'"
    ) -%}
  {%- endfor -%}
  {{ return(
    '(' ~ begins | join(' or ') ~ ') and (' ~ ends | join(' or ') ~ ') and length(' ~ text ~ ') - ' ~ at ~ ' <= 4'
  ) }}
{%- endmacro %}

{% macro _place_of_exponent(text) -%}
  {{ return(dbt.position("'e'", 'lower(' ~ text ~ ')') | string | trim) }}
{%- endmacro %}

{% macro _without_exponent(text) -%}
  {%- set at = intercom_activate._place_of_exponent(text) -%}
  {%- set digits = "replace(replace(substr(" ~ text ~ ', 1, ' ~ at ~ " - 1), '-', ''), '.', '')" -%}
  {#- How many digits stand before the point in the end. -#}
  {%- set whole = "(1 + cast(replace(substr(" ~ text ~ ', ' ~ at ~ " + 1), '+', '') as " ~ intercom_activate.integer_type() ~ '))' -%}
  {%- set number = [
    'case when ' ~ whole ~ ' <= 0 then ' ~ dbt.concat(["'0.'", "rpad('', 0 - " ~ whole ~ ", '0')", digits]),
    'when ' ~ whole ~ ' >= length(' ~ digits ~ ') then '
      ~ dbt.concat([digits, "rpad('', cast(" ~ whole ~ ' - length(' ~ digits ~ ') as ' ~ intercom_activate.integer_type() ~ "), '0')", "'.'"]),
    'else ' ~ dbt.concat(
      ['substr(' ~ digits ~ ', 1, ' ~ whole ~ ')', "'.'", 'substr(' ~ digits ~ ', ' ~ whole ~ ' + 1)']
    ) ~ ' end',
  ] | join(' ') -%}
  {%- set sign = 'case when ' ~ text ~ " like '-%' then '-' else '' end" -%}
  {{ return(dbt.concat([sign, intercom_activate._without_zeros(number)])) }}
{%- endmacro %}

{#- A number with a point in it, without the zeros at its end, and without the point where nothing follows it. -#}
{% macro _without_zeros(text) -%}
  {{ return(adapter.dispatch('_without_zeros', 'intercom_activate')(text)) }}
{%- endmacro %}

{% macro default___without_zeros(text) -%}
  {{ return('rtrim(rtrim(' ~ text ~ ", '0'), '.')") }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark___without_zeros(text) -%}
  {{ return(intercom_activate._trailing_zeros_trimmed(text)) }}
{%- endmacro %}

{% macro trino___without_zeros(text) -%}
  {{ return(intercom_activate._trailing_zeros_trimmed(text)) }}
{%- endmacro %}

{% macro _trailing_zeros_trimmed(text) -%}
  {{ return("trim(trailing '.' from trim(trailing '0' from " ~ text ~ '))') }}
{%- endmacro %}
