{#- Text as duplicates are judged: without blanks around it, and without case where `fold`. -#}
{% macro _folded(expression, fold) -%}
  {{ return(('lower(trim(' ~ expression ~ '))') if fold else ('trim(' ~ expression ~ ')')) }}
{%- endmacro %}
