{#- Whether Intercom did what a row of the ledger says, and so has what the row names by its id. -#}
{% macro _answered() -%}
  {{ return('http_status between 200 and 299') }}
{%- endmacro %}
