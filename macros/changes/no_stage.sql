{#- What stands after `from` in place of the stage of an activation of which nothing is to be acted on. -#}
{% macro no_stage() -%}
  {{ return(adapter.dispatch('no_stage', 'intercom_activate')()) }}
{%- endmacro %}

{% macro default__no_stage() -%}
{%- set text = intercom_activate.text_type() -%}
(
  select
    cast(null as {{ intercom_activate.bigint_type() }}) as ia_seq,
    {%- for name in ['ia_class', 'ia_code', 'ia_record_key', 'ia_key', 'ia_identifier', 'ia_related', 'ia_hash', 'ia_last_id'] %}
    cast(null as {{ text }}) as {{ name }},
    {%- endfor %}
    cast(null as {{ intercom_activate.bigint_type() }}) as ia_from_here
  from (select 1 as ia_one) as ia_nothing
  where ia_one = 0
)
{%- endmacro %}
