{#- What stands after `from` to read of one of our tables, or views, the rows of a project; with `activations`, only theirs. -#}
{% macro of_project(relation, project, activations) -%}
  {{ return(adapter.dispatch('of_project', 'intercom_activate')(relation, project, activations)) }}
{%- endmacro %}

{% macro default__of_project(relation, project, activations) -%}
(
  select *
  from {{ relation }}
  where project = {{ intercom_activate.text_literal(project) }}
    {%- if activations is not none %}
    and activation in ({{ intercom_activate._list(activations) }})
    {%- endif %}
) as ia_of_project
{%- endmacro %}
