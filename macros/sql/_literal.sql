{#- Text, a number or null, as SQL has it. -#}
{% macro _literal(value) -%}
  {{ return(value | string if value is number else intercom_activate.text_literal(value)) }}
{%- endmacro %}
