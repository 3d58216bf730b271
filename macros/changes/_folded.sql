{#- Text as duplicates are judged: without white space around it, and without case where `fold`. -#}
{% macro _folded(expression, fold) -%}
  {%- set trimmed = intercom_activate._trimmed(expression) -%}
  {{ return('lower(' ~ trimmed ~ ')' if fold else trimmed) }}
{%- endmacro %}
