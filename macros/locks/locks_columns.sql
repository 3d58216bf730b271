{#-
  The columns of `locks`: runs on other machines tell each other here that they are alive.
  `process_space` names the set of processes in which `pid` is unique.
-#}
{% macro locks_columns() -%}
  {%- set text = intercom_activate.text_type() -%}
  {{ return([
    ('run_id', text), ('project', text), ('host', text), ('pid', dbt.type_bigint()), ('process_space', text),
    ('lock_state', text), ('seen_at', intercom_activate.timestamp_type()),
  ]) }}
{%- endmacro %}
