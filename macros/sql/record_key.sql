{#- What names a record: one column is its text, several are each `length:text`, joined by a comma. Null where any part is null. -#}
{% macro record_key(columns) -%}
  {{ return(adapter.dispatch('record_key', 'intercom_activate')(columns)) }}
{%- endmacro %}

{% macro default__record_key(columns) -%}
  {%- if columns | length == 1 -%}
    {{ return('cast(' ~ columns[0] ~ ' as ' ~ intercom_activate.text_type() ~ ')') }}
  {%- endif -%}
  {%- set parts = [] -%}
  {%- for column in columns -%}
    {%- if not loop.first -%}{%- do parts.append("','") -%}{%- endif -%}
    {%- do parts.append(intercom_activate.netstring(column)) -%}
  {%- endfor -%}
  {{ return(dbt.concat(parts)) }}
{%- endmacro %}
