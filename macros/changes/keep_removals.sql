{#- Keep which records of a stage a plan says are to be removed, but for those that a row which failed still names. -#}
{% macro keep_removals(kept, stage, ledger, removals) -%}
  {{ return(adapter.dispatch('keep_removals', 'intercom_activate')(kept, stage, ledger, removals)) }}
{%- endmacro %}

{% macro default__keep_removals(kept, stage, ledger, removals) -%}
create table {{ kept }} {{ intercom_activate._table_format() }}as
select staged.ia_key as ia_key
from {{ stage }} as staged
inner join (
{{ intercom_activate.read_removals(stage, ledger, removals) }}
) as leaving
  on staged.ia_seq = leaving.ia_seq
where leaving.ia_named = 0
{%- endmacro %}
