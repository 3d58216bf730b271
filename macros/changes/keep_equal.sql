{#-
  Keep which records of a stage Intercom has already as they would be sent; `first` makes the table, the others add to it.

  equal   [{seq, payload_hash, intercom_id}], each value a literal already
-#}
{% macro keep_equal(kept, stage, equal, first) -%}
  {{ return(adapter.dispatch('keep_equal', 'intercom_activate')(kept, stage, equal, first)) }}
{%- endmacro %}

{% macro default__keep_equal(kept, stage, equal, first) -%}
{%- set text = intercom_activate.text_type() -%}
{% if first -%}
create table {{ kept }} {{ intercom_activate._table_format() }}as
{%- else -%}
insert into {{ kept }} (ia_key, ia_payload_hash, ia_intercom_id)
{%- endif %}
select
  staged.ia_key as ia_key,
  cast(outcome.payload_hash as {{ text }}) as ia_payload_hash,
  cast(outcome.intercom_id as {{ text }}) as ia_intercom_id
from {{ stage }} as staged
inner join {{ intercom_activate.outcome_rows(equal) }} on staged.ia_seq = outcome.seq
{%- endmacro %}
