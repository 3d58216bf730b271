{#- Which objects activations have delivered, as (activation, object_type). -#}
{% macro objects_of_activations(ledger, project, workspace, activations) -%}
  {{ return(adapter.dispatch('objects_of_activations', 'intercom_activate')(ledger, project, workspace, activations)) }}
{%- endmacro %}

{% macro default__objects_of_activations(ledger, project, workspace, activations) -%}
select distinct activation, object_type
from {{ ledger }}
where project = {{ intercom_activate.text_literal(project) }}
  and workspace = {{ intercom_activate.text_literal(workspace) }}
  and activation in ({{ intercom_activate._list(activations) }})
{%- endmacro %}
