{#-
  A hash that no two different rows share by accident: each part is `length:text`, a null is `N`.
  So a separator inside a value, null, the empty string and the text "null" all differ.
-#}
{% macro row_hash(prefix, columns) -%}
  {{ return(adapter.dispatch('row_hash', 'intercom_activate')(prefix, columns)) }}
{%- endmacro %}

{% macro default__row_hash(prefix, columns) -%}
  {%- set parts = [intercom_activate.text_literal(prefix)] -%}
  {%- for column in columns -%}
    {%- do parts.append("coalesce(" ~ intercom_activate.netstring(column) ~ ", 'N')") -%}
  {%- endfor -%}
  {{ return(intercom_activate._md5(dbt.concat(parts))) }}
{%- endmacro %}
