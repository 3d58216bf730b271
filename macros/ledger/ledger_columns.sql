{#- The ledger's columns: a row per record attempted, written after its outcome. -#}
{% macro ledger_columns() -%}
  {%- set text = intercom_activate.text_type() -%}
  {{ return([
    ('run_id', text), ('project', text), ('workspace', text), ('workspace_name', text), ('activation', text),
    ('object_type', text), ('record_key', text), ('identifier', text), ('identifier_value', text),
    ('related_value', text), ('related_id', text), ('record_hash', text), ('payload_hash', text),
    ('operation', text), ('status', text), ('code', text), ('message', text), ('intercom_id', text),
    ('http_status', dbt.type_int()), ('request_id', text), ('delivered_at', intercom_activate.timestamp_type()),
    ('origin', text),
  ]) }}
{%- endmacro %}
