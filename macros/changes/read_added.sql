{#- Identifier and remembered id of the added records from `first` to `last`, both included, in the order of their keys. -#}
{% macro read_added(changes, first, last) -%}
  {{ return(adapter.dispatch('read_added', 'intercom_activate')(changes, first, last)) }}
{%- endmacro %}

{% macro default__read_added(changes, first, last) -%}
{{ intercom_activate._changes(changes) }}
select ia_identifier, ia_known_id
from (
  select ia_identifier, ia_known_id, row_number() over (order by ia_record_key) as ia_seq
  from classified
  where ia_class = 'added'
) as ia_added
where ia_seq between {{ first }} and {{ last }}
{%- endmacro %}
