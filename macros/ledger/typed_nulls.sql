{#- What stands after `from`: a null of each type, for the names that the warehouse has for these types. -#}
{% macro typed_nulls(types) -%}
  {{ return(adapter.dispatch('typed_nulls', 'intercom_activate')(types)) }}
{%- endmacro %}

{% macro default__typed_nulls(types) -%}
(
  select
    {%- for type in types %}
    cast(null as {{ type }}) as ia_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
) as ia_typed
{%- endmacro %}
