{#- Text as duplicates are judged: without white space around it, and without case where `fold`. -#}
{% macro _folded(expression, fold) -%}
  {%- set trimmed = intercom_activate._trimmed(expression) -%}
  {{ return(intercom_activate._lower(trimmed) if fold else trimmed) }}
{%- endmacro %}

{#- Text in lower case, in every script. -#}
{% macro _lower(text) -%}
  {{ return(adapter.dispatch('_lower', 'intercom_activate')(text)) }}
{%- endmacro %}

{% macro default___lower(text) -%}
  {{ return('lower(' ~ text ~ ')') }}
{%- endmacro %}

{#- Its `lower` knows ASCII only. -#}
{% macro clickhouse___lower(text) -%}
  {{ return('lowerUTF8(' ~ text ~ ')') }}
{%- endmacro %}

{#- What the ledger has of such a column, as it is spelled today. -#}
{% macro _as_today(column, is_numeric) -%}
  {{ return(intercom_activate.plain_number(column) if is_numeric else column) }}
{%- endmacro %}

{#- A column that names a record or its other side, as text that is compared. -#}
{% macro _name(column, number, fold) -%}
  {{ return(
    intercom_activate.number_text(column) if number
    else intercom_activate._folded('cast(' ~ column ~ ' as ' ~ intercom_activate.text_type() ~ ')', fold)
  ) }}
{%- endmacro %}
