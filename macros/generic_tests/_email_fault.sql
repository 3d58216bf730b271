{#- What is wrong with an email address that is trimmed, as SQL; null where nothing is, or where it is null or empty. -#}
{% macro _email_fault(value, family) -%}
  {{ return(adapter.dispatch('_email_fault', 'intercom_activate')(value, family)) }}
{%- endmacro %}

{% macro default___email_fault(value, family) -%}
  {%- if family != 'text' -%}
    {{ return(intercom_activate._any_value_is(value, 'invalid_value: a column that is no text where an email is due')) }}
  {%- endif -%}
  {{ return("case when " ~ intercom_activate._is_no_email(value) ~ " then 'invalid_value: not an email address' end") }}
{%- endmacro %}

{#- One @ with something on both sides, and no blank and no control character anywhere. -#}
{% macro _is_no_email(value) -%}
  {{ return(
    value ~ " <> '' and (" ~ value ~ " like '@%' or " ~ value ~ " like '%@' or length(" ~ value
    ~ ") - length(replace(" ~ value ~ ", '@', '')) <> 1 or length(translate(" ~ value ~ ', '
    ~ intercom_activate._blanks() ~ ", '')) <> length(" ~ value ~ '))'
  ) }}
{%- endmacro %}

{#- Every blank and every control character, as Python's `\s` knows them, but for NUL. -#}
{% macro _blanks() -%}
  {%- set codes = [] -%}
  {%- for number in range(1, 32) -%}
    {%- do codes.append('%04x' | format(number)) -%}
  {%- endfor -%}
  {%- for code in intercom_activate._white_space() if code not in codes -%}
    {%- do codes.append(code) -%}
  {%- endfor -%}
  {{ return(intercom_activate._characters(codes)) }}
{%- endmacro %}
