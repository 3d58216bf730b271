{#- The sequence numbers of the staged records that have left the relation. -#}
{% macro read_removed(stage) -%}
  {{ return(adapter.dispatch('read_removed', 'intercom_activate')(stage)) }}
{%- endmacro %}

{% macro default__read_removed(stage) -%}
select ia_seq from {{ stage }} where ia_class = 'removed'
{%- endmacro %}
