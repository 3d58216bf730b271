{#- Why a record cannot be sent at all; null where it can. -#}
{% macro _reason(changes) -%}
case
  when counted.ia_record_key = '' then 'missing_identifier'
  {%- if changes.identifier_required %}
  when coalesce(counted.ia_identifier, '') = '' then 'missing_identifier'
  {%- endif %}
  {%- if changes.related is not none %}
  when coalesce(counted.ia_related, '') = '' then 'missing_identifier'
  {%- endif %}
  when counted.ia_same_key > 1 then 'duplicate_identifier'
  {%- if changes.identifier_alias is not none and changes.identifier_unique %}
  when counted.ia_same_identifier > 1 and counted.ia_identifier <> '' then 'duplicate_identifier'
  {%- endif %}
end
{%- endmacro %}
