{#-
  The rows of a stage that are in the relation and of which the ledger does not say that they were delivered: in order,
  numbered from 1, from `first` to `last`. Each with the id that the ledger has of its identifier, and some of its columns.
-#}
{% macro read_undelivered(stage, ledger, run, columns, first, last) -%}
  {{ return(adapter.dispatch('read_undelivered', 'intercom_activate')(stage, ledger, run, columns, first, last)) }}
{%- endmacro %}

{% macro default__read_undelivered(stage, ledger, run, columns, first, last) -%}
{%- set condition -%}
project = {{ intercom_activate.text_literal(run.project) }}
    and workspace = {{ intercom_activate.text_literal(run.workspace) }}
    and activation = {{ intercom_activate.text_literal(run.activation) }}
{%- endset -%}
with ranked as (
  {{ intercom_activate._newest_rows(ledger, condition) | indent(2) }}
),
newest as (
  select record_key, status, intercom_id
  from ranked
  where ia_newest = 1
),
undelivered as (
  select
    row_number() over (order by staged.ia_seq) as ia_number,
    staged.ia_known_id
    {%- for column in columns %},
    staged.{{ column.alias }}
    {%- endfor %}
  from {{ stage }} as staged
  left outer join newest on staged.ia_record_key = newest.record_key
  where staged.ia_class <> 'removed'
    and (newest.intercom_id is null or newest.status <> 'succeeded')
)
select ia_number, ia_known_id
  {%- for column in columns %}, {{ column.alias }}{% endfor %}
from undelivered
where ia_number between {{ first }} and {{ last }}
order by ia_number
{%- endmacro %}
