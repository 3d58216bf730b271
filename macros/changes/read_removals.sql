{#-
  The records that left the relation and may be removed, in order of their sequence numbers.

  Only what was delivered from this relation with this identifier and key, and never an Intercom object (or object and
  tag, contact and company) that an enabled activation still holds: one that the ledger says was told and not removed,
  unless its activation, too, found the record gone in this run. What stands in a stage of this run under the same
  identifier is held as well, even if it could not be sent: its old row may only differ in the spelling of its key.

  removals: {project, workspace, object_type, activations: the enabled ones, pairs: whether two ids name the object,
             stages: [{activation, stage, comparable: whether it has the same identifier}] of this run}
-#}
{% macro read_removals(stage, ledger, removals) -%}
  {{ return(adapter.dispatch('read_removals', 'intercom_activate')(stage, ledger, removals)) }}
{%- endmacro %}

{% macro default__read_removals(stage, ledger, removals) -%}
with told as (
  select
    activation, record_key, operation, intercom_id, related_id,
    row_number() over (
      partition by activation, record_key order by delivered_at desc, run_id desc
    ) as ia_newest
  from {{ ledger }}
  where project = {{ intercom_activate.text_literal(removals.project) }}
    and workspace = {{ intercom_activate.text_literal(removals.workspace) }}
    and object_type = {{ intercom_activate.text_literal(removals.object_type) }}
    and activation in ({{ intercom_activate._list(removals.activations) }})
    and status = 'succeeded'
),
released as (
  {%- for each in removals.stages %}
  select {{ intercom_activate.text_literal(each.activation) }} as activation, ia_record_key as record_key
  from {{ each.stage }}
  where ia_class = 'removed'
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),
present as (
  {%- for each in removals.stages if each.comparable %}
  select distinct ia_identifier, ia_related
  from {{ each.stage }}
  where ia_class <> 'removed'
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),
holders as (
  select distinct told.intercom_id, told.related_id
  from told
  left outer join released on told.activation = released.activation and told.record_key = released.record_key
  where told.ia_newest = 1
    and told.operation not in ('archive', 'delete', 'detach')
    and released.record_key is null
    and told.intercom_id is not null
)
select distinct staged.ia_seq, staged.ia_told_id, staged.ia_told_related_id, staged.ia_related
from {{ stage }} as staged
left outer join holders
  on staged.ia_told_id = holders.intercom_id
  {%- if removals.pairs %}
  and staged.ia_told_related_id = holders.related_id
  {%- endif %}
left outer join present
  on staged.ia_identifier = present.ia_identifier
  {%- if removals.pairs %}
  and lower(staged.ia_related) = lower(present.ia_related)
  {%- endif %}
where staged.ia_class = 'removed'
  and staged.ia_from_here = 1
  and staged.ia_told_id is not null
  and holders.intercom_id is null
  and present.ia_identifier is null
order by staged.ia_seq
{%- endmacro %}
