{#- `length:text` of a column; null where the column is null. -#}
{% macro netstring(column) -%}
  {{ return(adapter.dispatch('netstring', 'intercom_activate')(column)) }}
{%- endmacro %}

{% macro default__netstring(column) -%}
  {%- set text = 'cast(' ~ column ~ ' as ' ~ intercom_activate.text_type() ~ ')' -%}
  {{ return(dbt.concat(['cast(length(' ~ text ~ ') as ' ~ intercom_activate.text_type() ~ ')', "':'", text])) }}
{%- endmacro %}
