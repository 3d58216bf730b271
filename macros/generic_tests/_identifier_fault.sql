{#-
  What is wrong with an identifier that is trimmed, as SQL; null where nothing is. The order is that of the sync.
  `inexact` is the condition under which its number may have lost digits, or none.
-#}
{% macro _identifier_fault(value, family, identifier, counted_ids, unique, inexact=none) -%}
  {{ return(adapter.dispatch('_identifier_fault', 'intercom_activate')(value, family, identifier, counted_ids, unique, inexact)) }}
{%- endmacro %}

{% macro default___identifier_fault(value, family, identifier, counted_ids, unique, inexact) -%}
case
  when {{ value }} is null{% if family == 'text' %} or {{ value }} = ''{% endif %} then 'missing_identifier'
  {%- if family == 'composite' %}
  else 'invalid_value: an object, an array or bytes'
  {%- else %}
    {%- if unique %}
  when count(*) over (partition by {{ value }}) > 1 then 'duplicate_identifier'
    {%- endif %}
    {%- if identifier.endswith('email') and family == 'text' %}
  when {{ intercom_activate._is_no_email(value) }} then 'invalid_value: not an email address'
    {%- elif identifier.endswith('email') or family in ['boolean', 'timestamp'] %}
  else 'invalid_value: a column that is no text'
    {%- elif family == 'text' %}
  when {{ intercom_activate._has_control_characters(value) }} then 'invalid_value: a control character inside of an identifier'
    {%- elif family == 'number' %}
  when {{ intercom_activate._is_not_finite(value) }} then 'invalid_value: not a finite number'
      {%- if inexact is not none %}
  when {{ inexact }} then 'invalid_value: a number with more digits than its floating-point column holds exactly'
      {%- endif %}
    {%- endif %}
    {%- if identifier.split('.') | last == 'id' and not counted_ids and family not in ['boolean', 'timestamp'] %}
  when {{ intercom_activate._is_no_id(value) }} then 'not_found: no id of Intercom, which has 24 hexadecimal digits'
    {%- endif %}
  {%- endif %}
end
{%- endmacro %}

{% macro _has_control_characters(value) -%}
  {%- set controls = intercom_activate._characters(intercom_activate._controls()) -%}
  {{ return('length(translate(' ~ value ~ ', ' ~ controls ~ ", '')) <> length(" ~ value ~ ')') }}
{%- endmacro %}

{#- Ids of contacts and companies look like 6762f0dd1bb69f9f2193bb83; others are numbers (`counted_ids`). -#}
{% macro _is_no_id(value) -%}
  {{ return(
    'length(' ~ value ~ ') <> 24 or length(translate(' ~ value ~ ", '0123456789abcdef', '')) > 0"
  ) }}
{%- endmacro %}
