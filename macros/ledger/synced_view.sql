{#- What was delivered last of each record: its newest succeeded row, removals left out. -#}
{% macro synced_view(view, ledger) -%}
  {{ return(adapter.dispatch('synced_view', 'intercom_activate')(view, ledger)) }}
{%- endmacro %}

{% macro default__synced_view(view, ledger) -%}
create or replace view {{ view }} as
with newest as (
  {{ intercom_activate._newest_rows(ledger, "status = 'succeeded'") | indent(2) }}
)
select
  {%- for name, type, since in intercom_activate.columns('ledger') %}
  {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from newest
where ia_newest = 1 and operation not in ({{ intercom_activate._removal_operations() }})
{%- endmacro %}
