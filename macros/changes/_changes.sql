{#-
  The difference between a relation and the ledger, as CTEs that end in `classified`: one row per record of the
  relation, and (where `with_removed`) one per record that left it.

  relation  ── records ── keyed ── counted ─┐
                                            ├── compared ── classified
  ledger    ── succeeded, failed ───────────┤
            ── newest id of each identifier ┘

  ia_class: added, changed, unchanged, removed, invalid (ia_code says why),
            waiting (failed before with ia_code, which a later run cannot mend by itself)

  `changes` is a mapping, made by the command line:
    relation, filter             what to read, and the user's --where (or none): it chooses records after duplicates
                                 were counted, so that of two rows with one key none is sent
    ledger                       the ledger's relation, or none where it does not exist yet
    project, workspace, activation, object_type, identifier
    columns                      [{name: quoted column or none, literal: its fixed text otherwise, alias: ia_c1,
                                  composite: an object, an array or bytes; zoned: a moment with a zone;
                                  number: numbers that name the record, whatever their type: their text is made once,
                                  as ia_c1_text}],
                                 in the order that they are hashed
    key                          [{alias, fold, zoned, seconds, number}] that make the record key; fold: compared without
                                 case; zoned: a moment with a zone, keyed by its UTC text; seconds: a moment, keyed by its
                                 unix seconds; `moment`, `zoned` or `number`, as its column is
    key_numbers                  for each part of the key whether its column holds numbers, so that the ledger may have
                                 it in another spelling; empty where none does
    old_keys                     the ledger has rows of older versions, in whose keys a moment is spelt as its type does
    plain_key                    no two texts of the key differ in blanks or case alone (numbers and the like), so that
                                 duplicates are those of the key itself
    identifier_alias             alias of the identifier's column, or none
    identifier_number            whether its text follows from their type, so that it has to be made of the number;
    identifier_is_numeric        whether it holds numbers at all, so that the ledger may have them in another spelling
    identifier_required          a null or empty identifier is a failure
    identifier_unique            two rows with one identifier are duplicates, whatever their keys
    fold                         compare identifiers without case (emails)
    identity                     objects whose rows in the ledger tell Intercom's id of the identifier
    own_ids                      but only those that this activation learnt itself: others may mean another contact with
                                 the same email
    related                      the other side of a tag or a membership, or none:
                                 {alias, number, is_numeric, identity, identifier}, `identity` empty where it has no id to remember
    two_sided                    objects of which "not found" may mean the other side (memberships)
    once                         what was delivered is never sent again (events)
    inserts_only                 what was delivered is never updated, so that a failure since then has changed nothing
    keep_archived_ids            ids of archived contacts are of use (behaviour archive)
    mapping_hash                 hash of what the user wrote
    types_hash                   hash of the columns' types, `types:…`: what the ledger has as `payload_hash` of a record that
                                 failed as invalid_value for one of its columns
    origin                       hash of relation, identifier and key: only what was delivered from here may be removed
    removal_operations           operations of this activation that take a record away from Intercom
    lasting_codes, waiting_codes failures that wait until the record changes; that wait whatever changes
    retry_before, retry_after    a lasting failure older than the one moment is attempted again, and so is one that is
                                 younger than the other, which lies in the future: a wrong clock dated it
    resend, only_failed          everything again; only what failed
    with_removed                 find the records that left the relation
    first_by_hash                how the records are numbered: see `stage_changes`
    kept                         the stage of a plan that `relation` reads: see `_kept_only`; only there if it does
    equal                        what that plan found to be equal in Intercom, as `keep_equal` made it; none where there is none

  `with_ids`: with Intercom's ids of the records; `with_attempts`: and when each was attempted first. Without, classes are the
  same and found faster.
-#}
{% macro _changes(changes, with_ids=true, with_attempts=true) -%}
{%- set text = intercom_activate.text_type() -%}
{%- set key = intercom_activate.record_key(intercom_activate._key_parts(changes.key)) -%}
{%- set related = changes.related -%}
{%- set removals = intercom_activate._list(changes.removal_operations) -%}
{%- set has_identifier = changes.identifier_alias is not none -%}
{#- Where the identifier is the key, it is a duplicate where the key is. -#}
{%- set first = changes.key[0] -%}
{%- set is_key = changes.key | length == 1 and first.alias == changes.identifier_alias and first.fold == changes.fold -%}
{#- A column fewer to sort by, and another to carry through the sort. -#}
{%- set plain = changes.plain_key -%}
{%- set compared_key = 'ia_record_key' if plain else 'ia_compared_key' -%}
{%- set identifier_from_key = is_key and plain -%}
{#- No field takes an object, an array or bytes, and not every warehouse makes text of them: whether there is one is enough. -#}
{%- set hashed = [] -%}
{%- for column in changes.columns -%}
  {%- do hashed.append(
    'case when ' ~ column.alias ~ " is not null then 'composite' end" if column.composite
    else column.alias ~ '_text' if column.get('number') else column.alias
  ) -%}
{%- endfor -%}
with records as (
  {{ intercom_activate._records(changes) | indent(2) }}
),
{{ 'keyed_now' if changes.old_keys else 'keyed' }} as (
  select
    {%- for column in changes.columns %}
    {{ column.alias }},
    {%- if changes.old_keys and column.get('number') %}
    {{ column.alias }}_text,
    {%- endif %}
    {%- endfor %}
    {%- if changes.filter is not none %}
    ia_wanted,
    {%- endif %}
    {{ intercom_activate._nullable('coalesce(' ~ key ~ ", '')") }} as ia_record_key,
    {%- if identifier_from_key %}
    {%- elif has_identifier %}
    {{ intercom_activate._nullable(changes.identifier_alias ~ '_text' if changes.identifier_number else intercom_activate._name(changes.identifier_alias, false, changes.fold)) }} as ia_identifier,
    {%- else %}
    cast(null as {{ text }}) as ia_identifier,
    {%- endif %}
    {%- if related is not none %}
    {{ intercom_activate._nullable(related.alias ~ '_text' if related.number else intercom_activate._name(related.alias, false, false)) }} as ia_related,
    {%- else %}
    cast(null as {{ text }}) as ia_related,
    {%- endif %}
    {%- if not plain %}
    {{ intercom_activate._compared_key(changes.key) }} as ia_compared_key,
    {%- endif %}
    {%- if changes.old_keys %}
    {{ intercom_activate.record_key(intercom_activate._key_parts(changes.key, 'own')) }} as ia_old_key,
    {%- endif %}
    {{ intercom_activate._nullable(intercom_activate.row_hash(changes.mapping_hash, hashed)) }} as ia_hash
  from records
  {{- intercom_activate._presorted(compared_key) }}
),
{%- if changes.old_keys %}
{{ intercom_activate._old_keys(changes) }},
keyed as (
  select
    {%- for column in changes.columns %}
    keyed_now.{{ column.alias }},
    {%- endfor %}
    {%- if changes.filter is not none %}
    keyed_now.ia_wanted,
    {%- endif %}
    {%- set old_key = 'coalesce(old_rows.record_key, old_keys.record_key, keyed_now.%s)' %}
    {{ old_key % 'ia_record_key' }} as ia_record_key,
    {%- if not plain %}
    {{ old_key % 'ia_compared_key' }} as ia_compared_key,
    {%- endif %}
    {%- if not identifier_from_key %}
    keyed_now.ia_identifier,
    {%- endif %}
    keyed_now.ia_related,
    keyed_now.ia_hash
  from keyed_now
  left outer join old_rows on keyed_now.ia_old_key = old_rows.record_key
  left outer join old_keys on keyed_now.ia_record_key = old_keys.ia_record_key
),
{%- endif %}
counted as (
  select
    keyed.*,
    {%- if identifier_from_key %}
    nullif(ia_record_key, '') as ia_identifier,
    {%- endif %}
    count(*) over (partition by {{ compared_key }}) as ia_same_key,
    {%- if has_identifier and changes.identifier_unique and not is_key %}
    count(*) over (partition by ia_identifier) as ia_same_identifier
    {%- else %}
    1 as ia_same_identifier
    {%- endif %}
  from keyed
),
{{ intercom_activate._succeeded_and_failed(changes) }},
{%- if with_ids and with_attempts %}
attempts as (
  {{ intercom_activate._attempts(changes) | indent(2) }}
),
{%- endif %}
known_ids as (
  {{ intercom_activate._known_ids(changes, changes.identity if with_ids or related is not none else [], changes.identifier, changes.own_ids) | indent(2) }}
),
known_related as (
  {{ intercom_activate._known_ids(changes, related.identity if related is not none else [], related.identifier if related is not none else none) | indent(2) }}
),
compared as (
  select
    {%- for column in changes.columns %}
    counted.{{ column.alias }},
    {%- endfor %}
    {%- if changes.key_numbers %}
    {#- As the ledger spells it already, so that a record goes on under one key. #}
    coalesce(succeeded.ia_written_key, failed.ia_written_key, counted.ia_record_key) as ia_record_key,
    {%- else %}
    coalesce(counted.ia_record_key, succeeded.record_key) as ia_record_key,
    {%- endif %}
    coalesce(counted.ia_record_key, succeeded.record_key) as ia_key,
    counted.ia_record_key as ia_present,
    coalesce(counted.ia_identifier, {{ intercom_activate._as_today('succeeded.identifier_value', changes.identifier_is_numeric) }}) as ia_identifier,
    counted.ia_hash,
    {{ intercom_activate._reason(changes) | indent(4) }} as ia_reason,
    {{ intercom_activate._failed_last() | indent(4) }} as ia_failed,
    failed.code as failed_code,
    failed.record_hash as failed_hash,
    failed.payload_hash as failed_payload_hash,
    failed.delivered_at as failed_at,
    succeeded.record_hash as succeeded_hash,
    succeeded.payload_hash as succeeded_payload_hash,
    coalesce(succeeded.intercom_id, known_ids.intercom_id) as ia_last_id,
    coalesce(counted.ia_related, {{ intercom_activate._as_today('succeeded.related_value', related is not none and related.is_numeric) }}) as ia_related,
    case when succeeded.origin = {{ intercom_activate.text_literal(changes.origin) }} then 1 else 0 end as ia_from_here,
    {#- What this tool archived when the record left the model. #}
    case when succeeded.operation in ({{ removals }}) then succeeded.operation end as ia_removed_by,
    {%- if with_ids and with_attempts %}
    attempts.first_attempt_at as ia_first_attempt_at,
    {%- endif %}
    {%- if has_identifier and changes.identifier != 'id' %}
    coalesce(
      known_ids.intercom_id,
      {{ intercom_activate._id_of_respelled(changes) | indent(6) }},
      {{ intercom_activate._merged_id(changes) | indent(6) }}
    ) as ia_known_id,
    {%- else %}
    succeeded.intercom_id as ia_known_id,
    {%- endif %}
    known_related.intercom_id as ia_known_related_id,
    {#- A tag or membership that was delivered to an id which its contact or company no longer has. #}
    {%- if related is not none %}
    case
      when known_ids.intercom_id <> succeeded.intercom_id then 1
      when known_related.intercom_id <> succeeded.related_id then 1
      else 0
    end as ia_moved,
    {%- else %}
    0 as ia_moved,
    {%- endif %}
    case when succeeded.operation is not null and succeeded.operation not in ({{ removals }}) then 1 else 0 end as ia_delivered
  {%- if changes.filter is not none %}
  from (select * from counted where ia_wanted = 1) as counted
  {%- else %}
  from counted
  {%- endif %}
  {{ 'full outer' if changes.with_removed else 'left outer' }} join succeeded on counted.ia_record_key = succeeded.record_key
  left outer join failed on coalesce(counted.ia_record_key, succeeded.record_key) = failed.record_key
  {%- if with_ids and with_attempts %}
  left outer join attempts on coalesce(counted.ia_record_key, succeeded.record_key) = attempts.record_key
  {%- endif %}
  left outer join known_ids on counted.ia_identifier = known_ids.identifier_value
  left outer join known_related on counted.ia_related = known_related.identifier_value
),
classified as (
  select
    compared.*,
    {{ intercom_activate._class(changes) | indent(4) }} as ia_class
  from compared
)
{%- endmacro %}
