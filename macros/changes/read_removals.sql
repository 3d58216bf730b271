{#-
  The records that left the relation and may be removed, in order of their sequence numbers, with the ids that the ledger
  has of them.

  Only what this activation delivered as this object, from this relation, with this identifier and key; and never an
  Intercom object (or object and tag, contact and company) that an enabled activation still holds:

  holders   the ledger says that the activation delivered it and did not remove it, unless that activation, too, found
            the record gone in this run and is sure of it. Held by Intercom's ids, and by name where a row has no id.
  present   it stands in a stage of this run, or in the relation of an activation that is not part of the run, under the
            same identifier, even if it could not be sent yet: an old row may only differ in the spelling of its key.

  And told of each, whether or not it is held already:

  named     a row of this run could not be delivered because of it, or to it: Intercom named it in the answer. A person
            whose identifier changed in the model is such a row. Of a tag or a membership: a row that could not be delivered
            may be it, in another spelling of a number.

  removals: {project, workspace, object_type, activation, activations: the enabled ones,
             identifier: its name, pairs: whether two ids name the object,
             needs_related_id: whether a record without the second id cannot be removed,
             spellings: [{activation, numbers}] of this run, where a part of the key holds numbers: see `_respelled`,
             released: [{activation, stage, all}] of this run, where what is gone is sure to be gone; `all` if that holds
                       for what was delivered under another identifier or key, too,
             stages: [stage] of this run with the same identifier,
             written: [{activation, stage, comparable}] of this run with the same object; comparable: the same identifier, too,
             moved: [{seq, intercom_id}] where it is in Intercom now; only these are read, if there are any,
             relations: [{relation, identifier, number, fold, related, related_number}] of other activations with the same
                        identifier; number: its column holds numbers}

  A stage may be a query in parentheses, as `staged_query` makes it for `plan`.
-#}
{% macro read_removals(stage, ledger, removals) -%}
  {{ return(adapter.dispatch('read_removals', 'intercom_activate')(stage, ledger, removals)) }}
{%- endmacro %}

{% macro default__read_removals(stage, ledger, removals) -%}
{%- set text = intercom_activate.text_type() -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(removals.project) }}
  and workspace = {{ intercom_activate.text_literal(removals.workspace) }}
  and object_type = {{ intercom_activate.text_literal(removals.object_type) }}
{%- endset -%}
{%- set nobody = "select cast(null as " ~ text ~ ") as ia_identifier, cast(null as " ~ text ~ ") as ia_related from (select 1 as ia_one) as ia_nothing where ia_one = 0" -%}
with respelled as (
  {{ intercom_activate._respelled_of_each(ledger, removals.spellings, condition) | indent(2) }}
),
history as (
  select
    activation, record_key, operation, identifier, identifier_value, related_value, intercom_id, related_id,
    row_number() over (
      partition by activation, record_key order by {{ intercom_activate._newest_first() }}
    ) as ia_newest,
    row_number() over (
      partition by activation, record_key
      order by case when intercom_id is null then 1 else 0 end, {{ intercom_activate._newest_first() }}
    ) as ia_newest_id,
    row_number() over (
      partition by activation, record_key
      order by case when related_id is null then 1 else 0 end, {{ intercom_activate._newest_first() }}
    ) as ia_newest_related_id
  from respelled
  where activation in ({{ intercom_activate._list(removals.activations) }})
    and status = 'succeeded'
),
succeeded as (
  select
    activation,
    record_key,
    max(case when ia_newest = 1 then operation end) as operation,
    max(case when ia_newest = 1 then identifier end) as identifier,
    max(case when ia_newest = 1 then identifier_value end) as identifier_value,
    max(case when ia_newest = 1 then lower(related_value) end) as related_value,
    max(case when ia_newest_id = 1 then intercom_id end) as intercom_id,
    max(case when ia_newest_related_id = 1 then related_id end) as related_id
  from history
  group by activation, record_key
),
released as (
  {%- for each in removals.released %}
  select cast({{ intercom_activate.text_literal(each.activation) }} as {{ text }}) as activation, ia_key as record_key
  from {{ each.stage }} as ia_stage
  where ia_class = 'removed'{{ ' and ia_from_here = 1' if not each.all }}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
),
holders as (
  select
    succeeded.identifier,
    succeeded.identifier_value,
    succeeded.related_value,
    succeeded.intercom_id,
    succeeded.related_id
  from succeeded
  left outer join released on succeeded.activation = released.activation and succeeded.record_key = released.record_key
  where succeeded.operation not in ({{ intercom_activate._removal_operations() }})
    and released.record_key is null
),
holding_ids as (
  select distinct intercom_id{{ ', related_id' if removals.pairs }}
  from holders
  where intercom_id is not null
  {%- if removals.pairs %}
    and related_id is not null
  {%- endif %}
),
outcomes as (
  select
    activation, record_key, status, intercom_id,
    row_number() over (partition by activation, record_key order by {{ intercom_activate._newest_first() }}) as ia_newest
  from respelled
),
{%- if not removals.pairs %}
named as (
  select distinct intercom_id
  from (
  {%- for each in removals.written %}
  select outcomes.intercom_id
  from {{ each.stage }} as staged
  inner join outcomes on staged.ia_key = outcomes.record_key
  where outcomes.activation = {{ intercom_activate.text_literal(each.activation) }}
    and outcomes.ia_newest = 1
    and outcomes.status = 'failed'
    and staged.ia_class <> 'removed'
  union all
  {%- endfor %}
  select cast(null as {{ text }}) as intercom_id
  from (select 1 as ia_one) as ia_nothing
  where ia_one = 0
  ) as ia_named
),
{%- endif %}
{%- if removals.pairs %}
holding_names as (
  select distinct intercom_id, related_value
  from holders
  where intercom_id is not null
),
undelivered as (
  select distinct {{ intercom_activate.plain_number('ia_identifier') }} as ia_identifier, {{ intercom_activate.plain_number('ia_related') }} as ia_related
  from (
  {%- for each in removals.written if each.comparable %}
  select staged.ia_identifier, lower(staged.ia_related) as ia_related
  from {{ each.stage }} as staged
  left outer join outcomes
    on staged.ia_key = outcomes.record_key
    and outcomes.activation = {{ intercom_activate.text_literal(each.activation) }}
    and outcomes.ia_newest = 1
  where staged.ia_class <> 'removed'
    and coalesce(outcomes.status, '') <> 'succeeded'
  union all
  {%- endfor %}
  {{ nobody }}
  ) as ia_undelivered
),
{%- endif %}
present as (
  select
    {{ intercom_activate._without_blanks('identifier_value') }} as ia_identifier,
    {{ intercom_activate._without_blanks('related_value') }} as ia_related
  from holders
  where identifier = {{ intercom_activate.text_literal(removals.identifier) }}
  union all
  {%- for each in removals.stages %}
  select {{ intercom_activate._without_blanks('ia_identifier') }}, {{ intercom_activate._without_blanks('lower(ia_related)') }}
  from {{ each }} as ia_stage
  where ia_class <> 'removed'
  union all
  {%- endfor %}
  {%- for each in removals.relations %}
  select
    {{ intercom_activate._without_blanks(intercom_activate._name(each.identifier, each.number, each.fold)) }},
    {{ intercom_activate._without_blanks(intercom_activate._name(each.related, each.related_number, true)) if each.related is not none else 'cast(null as ' ~ text ~ ')' }}
  from {{ each.relation }}
  union all
  {%- endfor %}
  {{ nobody }}
),
moved as (
  {%- for each in removals.moved %}
  select {{ each.seq }} as ia_seq, cast({{ intercom_activate.text_literal(each.intercom_id) }} as {{ text }}) as intercom_id
  union all
  {%- endfor %}
  select 0 as ia_seq, cast(null as {{ text }}) as intercom_id
),
own as (
  select
    {#- ClickHouse names a column of two tables `staged.ia_seq` unless it is given a name. #}
    staged.ia_seq as ia_seq,
    {{ 'moved.intercom_id' if removals.moved else 'succeeded.intercom_id' }} as intercom_id,
    succeeded.related_id,
    succeeded.operation
  from {{ stage }} as staged
  inner join succeeded
    on succeeded.record_key = staged.ia_key
    and succeeded.activation = {{ intercom_activate.text_literal(removals.activation) }}
  left outer join moved
    on staged.ia_seq = moved.ia_seq
  where staged.ia_class = 'removed'
)
select
  staged.ia_seq as ia_seq,
  own.intercom_id,
  own.related_id,
  staged.ia_related,
  staged.ia_identifier,
  {%- if removals.pairs %}
  case when undelivered.ia_identifier is not null then 1 else 0 end as ia_named
  {%- else %}
  case when named.intercom_id is not null then 1 else 0 end as ia_named
  {%- endif %}
from {{ stage }} as staged
inner join own
  on staged.ia_seq = own.ia_seq
left outer join holding_ids
  on own.intercom_id = holding_ids.intercom_id
  {%- if removals.pairs %}
  and own.related_id = holding_ids.related_id
left outer join holding_names
  on own.intercom_id = holding_names.intercom_id
  and lower(staged.ia_related) = holding_names.related_value
left outer join undelivered
  on {{ intercom_activate.plain_number('staged.ia_identifier') }} = undelivered.ia_identifier
  and {{ intercom_activate.plain_number('lower(staged.ia_related)') }} = undelivered.ia_related
  {%- else %}
left outer join named
  on own.intercom_id = named.intercom_id
  {%- endif %}
left outer join present
  on {{ intercom_activate._without_blanks('staged.ia_identifier') }} = present.ia_identifier
  {%- if removals.pairs %}
  and {{ intercom_activate._without_blanks('lower(staged.ia_related)') }} = present.ia_related
  {%- endif %}
where staged.ia_class = 'removed'
  and staged.ia_from_here = 1
  and own.operation not in ({{ intercom_activate._removal_operations() }})
  and own.intercom_id is not null
  {%- if removals.needs_related_id %}
  and own.related_id is not null
  {%- endif %}
  and (
    (
      holding_ids.intercom_id is null
      {%- if removals.pairs %}
      and holding_names.intercom_id is null
      {%- endif %}
      and present.ia_identifier is null
    )
    {%- if not removals.pairs %}
    or named.intercom_id is not null
    {%- endif %}
  )
order by staged.ia_seq
{%- endmacro %}

{#- Text without any blanks: `trim` takes spaces only, and the record that stands there may have been sent without a tab. -#}
{% macro _without_blanks(expression) -%}
  {%- set found = namespace(sql=expression) -%}
  {%- for blank in [' ', '\t', '\n', '\r', '\u00a0'] -%}
    {%- set found.sql = 'replace(' ~ found.sql ~ ', ' ~ intercom_activate.text_literal(blank) ~ ", '')" -%}
  {%- endfor -%}
  {{ return(found.sql) }}
{%- endmacro %}
