{#- The columns of `locks`: runs on other machines tell each other here that they are alive. -#}
{% macro locks_columns() -%}
  {%- set text = intercom_activate.text_type() -%}
  {{ return([
    ('run_id', text), ('project', text), ('host', text), ('pid', dbt.type_bigint()), ('lock_state', text),
    ('seen_at', dbt.type_timestamp()),
  ]) }}
{%- endmacro %}
