{#- Which row of an activation is the newest, by its run and its place there; rows of the runs in `apart` do not count. -#}
{% macro newest_row(ledger, project, workspace, activation, apart) -%}
  {{ return(adapter.dispatch('newest_row', 'intercom_activate')(ledger, project, workspace, activation, apart)) }}
{%- endmacro %}

{% macro default__newest_row(ledger, project, workspace, activation, apart) -%}
select run_id, generation, place
from {{ ledger }}
where project = {{ intercom_activate.text_literal(project) }}
  and workspace = {{ intercom_activate.text_literal(workspace) }}
  and activation = {{ intercom_activate.text_literal(activation) }}
  and run_id not in ({{ intercom_activate._list(apart) }})
order by {{ intercom_activate._newest_first() }}
limit 1
{%- endmacro %}
