{#- Literals for `in (…)`; an empty list becomes one that nothing equals. -#}
{% macro _list(values) -%}
  {%- set literals = [] -%}
  {%- for value in values -%}{%- do literals.append(intercom_activate.text_literal(value)) -%}{%- endfor -%}
  {{ return(literals | join(', ') if literals else "''") }}
{%- endmacro %}
