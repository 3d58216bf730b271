{#- The parts of the record key as expressions: a column, the UTC text of a moment with a zone, or the text of a number. -#}
{% macro _key_parts(key) -%}
  {%- set parts = [] -%}
  {%- for part in key -%}
    {%- do parts.append(
      intercom_activate.utc_text(part.alias) if part.get('zoned')
      else part.alias ~ '_text' if part.get('number')
      else part.alias
    ) -%}
  {%- endfor -%}
  {{ return(parts) }}
{%- endmacro %}
