{#-
  What stands after `from`: the records of an activation as they were delivered last, those left out that were removed.
  `workspace` is its name in intercom.yml, or Intercom's own id of it; without, those of all workspaces that the ledger has.
-#}
{% macro synced(activation, workspace=none, project=none, schema=none, database=none) -%}
  {{ return(adapter.dispatch('synced', 'intercom_activate')(activation, workspace, project, schema, database)) }}
{%- endmacro %}

{% macro default__synced(activation, workspace, project, schema, database) -%}
  {%- if project is none -%}
    {%- do intercom_activate._warn_of_unknown(activation) -%}
  {%- endif -%}
  {%- set records -%}
(
  select *
  from {{ intercom_activate._ledger_relation_or_no_rows('synced', schema, database) }} as ia_synced
  where project = {{ intercom_activate.text_literal(project or project_name) }}
    and activation = {{ intercom_activate.text_literal(activation) }}
    {%- if workspace is not none %}
    and (
      workspace_name = {{ intercom_activate.text_literal(workspace) }}
      or workspace = {{ intercom_activate.text_literal(workspace) }}
    )
    {%- endif %}
)
  {%- endset -%}
  {{ return(records) }}
{%- endmacro %}
