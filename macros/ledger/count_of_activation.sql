{#- How many records of an activation Intercom has; what is sent once, such as an event, has no owner to lose. -#}
{% macro count_of_activation(synced, project, workspace, activation, once) -%}
  {{ return(adapter.dispatch('count_of_activation', 'intercom_activate')(synced, project, workspace, activation, once)) }}
{%- endmacro %}

{% macro default__count_of_activation(synced, project, workspace, activation, once) -%}
select count(*) as ia_count
from {{ synced }}
where project = {{ intercom_activate.text_literal(project) }}
  and workspace = {{ intercom_activate.text_literal(workspace) }}
  and activation = {{ intercom_activate.text_literal(activation) }}
  and object_type not in ({{ intercom_activate._list(once) }})
{%- endmacro %}
