{#- A text as a literal of this warehouse. Only for names of ours and for messages: keys and values never travel as literals. -#}
{% macro text_literal(text) -%}
  {%- if text is none -%}
    {{ return('null') }}
  {%- endif -%}
  {%- set escaped = namespace(text=text) -%}
  {%- for character, written in intercom_activate.text_escapes() -%}
    {%- set escaped.text = escaped.text.replace(character, written) -%}
  {%- endfor -%}
  {{ return("'" ~ escaped.text ~ "'") }}
{%- endmacro %}
