{#- The record key as duplicates are judged by: without blanks around its parts, and without case where a part is folded. -#}
{% macro _compared_key(key) -%}
  {%- set parts = [] -%}
  {%- for expression in intercom_activate._key_parts(key) -%}
    {%- set part = key[loop.index0] -%}
    {%- do parts.append(intercom_activate._folded('cast(' ~ expression ~ ' as ' ~ intercom_activate.text_type() ~ ')', part.fold)) -%}
  {%- endfor -%}
  {{ return(intercom_activate.record_key(parts)) }}
{%- endmacro %}
