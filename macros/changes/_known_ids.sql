{#-
  Intercom's id of each identifier, learnt by any activation of this project in this workspace from objects in `identity`.
  With `own`, by this activation alone.
  An id that Intercom answered with "not found", "archived" or "merged" is forgotten by the newer row that says so, and
  no row brings it back but an answer of Intercom's about it: a record that needed no call, or a removal that found
  nothing, repeats what was known when its run began.
-#}
{% macro _known_ids(changes, identity, identifier, own=false) -%}
{%- set text = intercom_activate.text_type() -%}
{%- if changes.ledger is none or not identity or identifier is none or identifier == 'id' -%}
select cast(null as {{ text }}) as identifier_value, cast(null as {{ text }}) as intercom_id
from (select 1 as ia_one) as ia_nothing
where ia_one = 0
{%- else -%}
select
  identifier_value,
  {%- if changes.keep_archived_ids %}
  case when operation <> 'delete' then intercom_id end as intercom_id
  {%- else %}
  case when operation not in ('archive', 'delete') then intercom_id end as intercom_id
  {%- endif %}
from (
  select
    identifier_value, intercom_id, operation, status,
    row_number() over (
      partition by identifier_value
      order by
        case when status = 'failed' or {{ intercom_activate._answered() }} then 0 else 1 end,
        {{ intercom_activate._newest_first() }}
    ) as ia_newest
  from {{ changes.ledger }}
  where project = {{ intercom_activate.text_literal(changes.project) }}
    and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
    and object_type in ({{ intercom_activate._list(identity) }})
    and identifier = {{ intercom_activate.text_literal(identifier) }}
    {%- if own %}
    and activation = {{ intercom_activate.text_literal(changes.activation) }}
    {%- endif %}
    and (
      (status = 'succeeded' and intercom_id is not null)
      -- of a membership it may be the company that was not found
      or (
        code in ({{ intercom_activate._lost_id_codes() }})
        and object_type not in ({{ intercom_activate._list(changes.two_sided) }})
      )
    )
) as ia_identities
where ia_newest = 1 and status = 'succeeded'
{%- endif -%}
{%- endmacro %}

{#-
  The id that was merged into another, of a record that failed for that: whoever was merged is not created again, and by
  this id Intercom tells into whom.
-#}
{% macro _merged_id(changes) -%}
case
  when failed.code = 'merged' and {{ intercom_activate._failed_last() | indent(2) }} = 1
    and succeeded.operation not in ({{ intercom_activate._list(changes.removal_operations) }})
  then succeeded.intercom_id
end
{%- endmacro %}

{#-
  The id of a record whose identifier an older version kept with the tabs and line breaks around it, or, of a number, in the
  spelling of its type.
-#}
{% macro _id_of_respelled(changes) -%}
{%- set today = intercom_activate._folded('succeeded.identifier_value', changes.fold) -%}
case
  when succeeded.identifier_value <> counted.ia_identifier
    and {{ intercom_activate._as_today(today, changes.identifier_is_numeric) }} = counted.ia_identifier
    and succeeded.operation not in ('archive', 'delete')
    and coalesce(failed.code, '') not in ({{ intercom_activate._lost_id_codes() }})
  then succeeded.intercom_id
end
{%- endmacro %}
