{#-
  Values that a custom attribute does not take. `type` is the attribute's type in Intercom: string, integer, float, boolean,
  date or datetime; without it, what no attribute takes.
-#}
{% test intercom_attribute(model, column_name, type=none) %}
  {%- set types = intercom_activate._families_of_types() -%}
  {%- if type is not none and type not in types -%}
    {{ exceptions.raise_compiler_error(
      'intercom_attribute: type: expected ' ~ types | join(', ') ~ ', found ' ~ type
    ) }}
  {%- endif -%}
  {%- set family = intercom_activate._column_family(model, column_name) -%}
  {{ intercom_activate._faulty_rows(
    model, column_name, intercom_activate._attribute_fault('ia_value', family, type)
  ) }}
{% endtest %}
