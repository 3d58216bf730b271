{#- Text as duplicates are judged: without white space around it, and without case where `fold`. -#}
{% macro _folded(expression, fold) -%}
  {%- set trimmed = intercom_activate._trimmed(expression) -%}
  {{ return('lower(' ~ trimmed ~ ')' if fold else trimmed) }}
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
