{#- The md5 of a text, in hexadecimal. -#}
{% macro _md5(text) -%}
  {{ return(adapter.dispatch('_md5', 'intercom_activate')(text)) }}
{%- endmacro %}

{% macro default___md5(text) -%}
  {{ return(dbt.hash(text)) }}
{%- endmacro %}

{#- dbt's own casts to TEXT first, which Redshift cuts at 256 characters: changes beyond would be missed. -#}
{% macro redshift___md5(text) -%}
  {{ return('md5(' ~ text ~ ')') }}
{%- endmacro %}
