{#- Values that are no email address. Null and blank are: they clear the field. -#}
{% test intercom_email(model, column_name) %}
  {%- set family = intercom_activate._column_family(model, column_name) -%}
  {%- set fault = intercom_activate._email_fault('ia_value', family) -%}
  {%- set value = intercom_activate._compared(column_name, family, fold=true) -%}
  {{ intercom_activate._faulty_rows(model, value, fault) }}
{% endtest %}
