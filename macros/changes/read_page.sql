{#- The staged records from `first` to `last`, both included, in their order. -#}
{% macro read_page(stage, columns, first, last) -%}
  {{ return(adapter.dispatch('read_page', 'intercom_activate')(stage, columns, first, last)) }}
{%- endmacro %}

{% macro default__read_page(stage, columns, first, last) -%}
select
  ia_seq, ia_class, ia_code, ia_known_id, ia_known_related_id, ia_last_payload_hash, ia_first_attempt_at, ia_delivered, ia_removed_by, ia_last_id
  {%- for column in columns %}, {{ column.alias }}{% endfor %}
from {{ stage }}
where ia_seq between {{ first }} and {{ last }}
order by ia_seq
{%- endmacro %}
