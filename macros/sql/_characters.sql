{#-
  Characters as an expression, given as their numbers in four hexadecimal digits: NUL is none of them, which no literal has.
  Never through `indent`, which would make line breaks of other characters inside a literal.
-#}
{% macro _characters(codes) -%}
  {{ return(adapter.dispatch('_characters', 'intercom_activate')(codes)) }}
{%- endmacro %}

{% macro default___characters(codes) -%}
  {%- set characters = [] -%}
  {%- for code in codes -%}
    {%- do characters.append('%c' | format(code | int(base=16))) -%}
  {%- endfor -%}
  {{ return(intercom_activate.text_literal(characters | join)) }}
{%- endmacro %}

{#- A database that is not in UTF-8 may lack them, and would refuse the statement; the subquery is worked out once. -#}
{% macro postgres___characters(codes) -%}
  {%- set numbers, ascii = [], [] -%}
  {%- for code in codes -%}
    {%- set number = code | int(base=16) -%}
    {%- do numbers.append(number) -%}
    {%- if number < 128 -%}{%- do ascii.append(number) -%}{%- endif -%}
  {%- endfor -%}
  {{ return(
    "(select string_agg(chr(ia_code), '') from unnest(case when getdatabaseencoding() = 'UTF8' then array"
    ~ numbers ~ ' else array' ~ ascii ~ ' end) as ia_codes (ia_code))'
  ) }}
{%- endmacro %}

{#- Redshift dispatches to PostgreSQL's, and is always in UTF-8. -#}
{% macro redshift___characters(codes) -%}
  {{ return(intercom_activate.default___characters(codes)) }}
{%- endmacro %}

{#- BigQuery takes no line break inside a literal, whatever breaks it; these read escapes. -#}
{% macro _escaped_characters(codes) -%}
  {{ return("'\\u" ~ codes | join('\\u') ~ "'") }}
{%- endmacro %}

{% macro bigquery___characters(codes) -%}
  {{ return(intercom_activate._escaped_characters(codes)) }}
{%- endmacro %}

{% macro snowflake___characters(codes) -%}
  {{ return(intercom_activate._escaped_characters(codes)) }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark___characters(codes) -%}
  {{ return(intercom_activate._escaped_characters(codes)) }}
{%- endmacro %}

{#- White space, as Python's `strip` knows it: by it the command line trims. -#}
{% macro _white_space() -%}
  {{ return([
    '0009', '000a', '000b', '000c', '000d', '001c', '001d', '001e', '001f', '0020', '0085', '00a0', '1680', '2000', '2001',
    '2002', '2003', '2004', '2005', '2006', '2007', '2008', '2009', '200a', '2028', '2029', '202f', '205f', '3000',
  ]) }}
{%- endmacro %}

{#- Characters that no identifier may have: Unicode's category Cc, but for NUL. -#}
{% macro _controls() -%}
  {%- set codes = [] -%}
  {%- for number in range(1, 160) if number < 32 or number > 126 -%}
    {%- do codes.append('%04x' | format(number)) -%}
  {%- endfor -%}
  {{ return(codes) }}
{%- endmacro %}
