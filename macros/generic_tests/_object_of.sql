{#- The object that is meant where an identifier stands alone. -#}
{% macro _object_of(identifier) -%}
  {%- if identifier == 'company_id' -%}
    {{ return('company') }}
  {%- endif -%}
  {{ return('contact_company' if '.' in identifier else 'contact') }}
{%- endmacro %}
