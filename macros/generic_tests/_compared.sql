{#- A column as the sync compares it. What is no text of itself stays what it is: not every warehouse makes text of it. -#}
{% macro _compared(column, family, fold) -%}
  {%- if family in ['composite', 'boolean', 'timestamp'] -%}
    {{ return(column) }}
  {%- endif -%}
  {%- if family == 'number' -%}
    {{ return(intercom_activate.number_text(column)) }}
  {%- endif -%}
  {{ return(intercom_activate._folded('cast(' ~ column ~ ' as ' ~ intercom_activate.text_type() ~ ')', fold)) }}
{%- endmacro %}
