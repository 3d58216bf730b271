{#- The records whose last outcome failed. -#}
{% macro failures_view(view, ledger) -%}
  {{ return(adapter.dispatch('failures_view', 'intercom_activate')(view, ledger)) }}
{%- endmacro %}

{% macro default__failures_view(view, ledger) -%}
create or replace view {{ view }} as
with newest as (
  {{ intercom_activate._newest_rows(ledger, "1 = 1") | indent(2) }}
)
select
  {%- for name, type, since in intercom_activate.columns('ledger') %}
  {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from newest
where ia_newest = 1 and status = 'failed'
{%- endmacro %}
