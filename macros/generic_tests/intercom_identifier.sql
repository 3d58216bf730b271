{#-
  Rows that Intercom could not be asked about: without an identifier, with one that another row has too, or with one of a
  wrong shape. `identifier` and `object` as in the activation; `unique` where it is not what the object says.
-#}
{% test intercom_identifier(model, column_name, identifier='external_id', object=none, unique=none) %}
  {%- set object = object or intercom_activate._object_of(identifier) -%}
  {%- set known = intercom_activate._objects() -%}
  {%- if object not in known -%}
    {{ exceptions.raise_compiler_error(
      'intercom_identifier: object: expected ' ~ known | join(', ') ~ ', found ' ~ object
    ) }}
  {%- elif identifier not in known[object].identifiers -%}
    {{ exceptions.raise_compiler_error(
      'intercom_identifier: identifier: expected ' ~ known[object].identifiers | join(', ') ~ ' for `object: ' ~ object
      ~ '`, found ' ~ identifier
    ) }}
  {%- endif -%}
  {%- set family = intercom_activate._column_family(model, column_name) -%}
  {%- set fold = identifier.endswith('email') -%}
  {%- set unique = known[object].unique if unique is none else unique -%}
  {%- set exact_below = intercom_activate._exact_below(
    intercom_activate._column_type(model, column_name), target.type
  ) if family == 'number' else none -%}
  {%- set inexact = 'abs(' ~ column_name ~ ') >= ' ~ exact_below if exact_below is not none else none -%}
  {%- set fault = intercom_activate._identifier_fault(
    'ia_value', family, identifier, known[object].counted_ids, unique, inexact
  ) -%}
  {{ intercom_activate._faulty_rows(model, intercom_activate._compared(column_name, family, fold), fault) }}
{% endtest %}
