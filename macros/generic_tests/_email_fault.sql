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

{#-
  A literal of every blank and every control character, as Python's `\s` knows them, but for NUL, which no literal can have.
-#}
{% macro _blanks() -%}
  {{ return(adapter.dispatch('_blanks', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default___blanks() -%}
  {{ return(intercom_activate.text_literal(
    '\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f\u0010'
    ~ '\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u0020'
    ~ '\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
    ~ '\u2028\u2029\u202f\u205f\u3000'
  )) }}
{%- endmacro %}

{#- BigQuery takes no line break inside a literal, whatever breaks it; these read escapes. -#}
{% macro _escaped_blanks() -%}
  {{ return(
    "'\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\u0008\\u0009\\u000a\\u000b\\u000c\\u000d\\u000e\\u000f\\u0010"
    ~ '\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\\u0020'
    ~ '\\u0085\\u00a0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004\\u2005\\u2006\\u2007\\u2008\\u2009\\u200a'
    ~ "\\u2028\\u2029\\u202f\\u205f\\u3000'"
  ) }}
{%- endmacro %}

{% macro bigquery___blanks() -%}
  {{ return(intercom_activate._escaped_blanks()) }}
{%- endmacro %}

{% macro snowflake___blanks() -%}
  {{ return(intercom_activate._escaped_blanks()) }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark___blanks() -%}
  {{ return(intercom_activate._escaped_blanks()) }}
{%- endmacro %}
