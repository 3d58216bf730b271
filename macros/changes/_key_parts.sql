{#- The parts of the record key as expressions: a column, or the UTC text of a moment with a zone. -#}
{% macro _key_parts(key) -%}
  {%- set parts = [] -%}
  {%- for part in key -%}
    {%- do parts.append(intercom_activate.utc_text(part.alias) if part.get('zoned') else part.alias) -%}
  {%- endfor -%}
  {{ return(parts) }}
{%- endmacro %}
