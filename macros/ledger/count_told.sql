{#- How many contacts and companies of Intercom the ledger knows of: told, and not removed since. -#}
{% macro count_told(synced, project, workspace) -%}
  {{ return(adapter.dispatch('count_told', 'intercom_activate')(synced, project, workspace)) }}
{%- endmacro %}

{% macro default__count_told(synced, project, workspace) -%}
select object_type, count(distinct intercom_id) as ia_count
from {{ synced }}
where project = {{ intercom_activate.text_literal(project) }}
  and workspace = {{ intercom_activate.text_literal(workspace) }}
  and object_type in ('contact', 'company')
group by 1
{%- endmacro %}
