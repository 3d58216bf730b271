{#- How many contacts and companies of Intercom were delivered and not removed since, as the ledger knows. -#}
{% macro count_delivered_objects(synced, project, workspace) -%}
  {{ return(adapter.dispatch('count_delivered_objects', 'intercom_activate')(synced, project, workspace)) }}
{%- endmacro %}

{% macro default__count_delivered_objects(synced, project, workspace) -%}
select object_type, count(distinct intercom_id) as ia_count
from {{ synced }}
where project = {{ intercom_activate.text_literal(project) }}
  and workspace = {{ intercom_activate.text_literal(workspace) }}
  and object_type in ('contact', 'company')
group by 1
{%- endmacro %}
