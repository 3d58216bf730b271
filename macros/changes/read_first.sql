{#-
  The first records that a sync would send, by class and key, each with its key, with what Intercom was told of it last, and as
  `_page_columns` says; for people to look at, so that nothing is numbered that is not shown. It creates nothing.

  most   how many
  told   whether what Intercom was told is read too, of those that changed: so no key travels to ask for it
-#}
{% macro read_first(changes, columns, most, told=false) -%}
  {{ return(adapter.dispatch('read_first', 'intercom_activate')(changes, columns, most, told and changes.ledger is not none)) }}
{%- endmacro %}

{% macro default__read_first(changes, columns, most, told) -%}
{#- A key that the ledger spells as an older version did is not found in the relation again. -#}
{%- set carried = changes.old_keys -%}
{{ intercom_activate._changes(changes, with_attempts=false) }},
listed as (
  select
    {{ intercom_activate._staged_columns(changes, with_attempts=false, with_values=carried) | indent(4) }},
    ia_present
  from (
    select * from classified where ia_class in ('added', 'changed') order by ia_class, ia_record_key limit {{ most }}
  ) as ia_first
){{ ',' if told or not carried }}
{%- if not carried %}
{#- The values of these few are read by themselves: else those of all rows would be carried along to the end. #}
with_values as (
  select
    {%- for column in changes.columns %}
    ia_again.{{ column.alias }},
    {%- endfor %}
    listed.*
  from (
    select
      ia_read.*,
      {{ intercom_activate.record_key(intercom_activate._key_parts(changes.key)) }} as ia_same_key
    from (
      {{ intercom_activate._records(changes) | indent(6) }}
    ) as ia_read
  ) as ia_again
  inner join listed on ia_again.ia_same_key = listed.ia_present
){{ ',' if told }}
{%- endif %}
{%- if told %}
told as (
  {{ intercom_activate.told_payloads(changes.ledger, changes, "(select ia_record_key from listed where ia_class = 'changed') as ia_changed") | indent(2) }}
)
{%- endif %}
select
  {{ 'told.payload' if told else 'cast(null as ' ~ intercom_activate.text_type() ~ ')' }} as ia_told,
  ia_record_key,
  {{ intercom_activate._page_columns(columns) | indent(2) }}
from {{ 'listed' if carried else 'with_values' }}
{%- if told %}
left outer join told on ia_record_key = told.record_key
{%- endif %}
order by ia_seq
{%- endmacro %}
