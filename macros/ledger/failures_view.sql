{#- The records whose last outcome failed; of those without a key, all that failed in the newest run that attempted them. -#}
{% macro failures_view(view, ledger) -%}
  {{ return(adapter.dispatch('failures_view', 'intercom_activate')(view, ledger)) }}
{%- endmacro %}

{% macro default__failures_view(view, ledger) -%}
create or replace view {{ view }} as
with newest as (
  {{ intercom_activate._newest_rows(ledger, "record_key <> ''") | indent(2) }}
  union all
  select
    {%- for name, type, since in intercom_activate.columns('ledger') %}
    {{ name }},
    {%- endfor %}
    rank() over (
      partition by project, workspace, activation order by coalesce(generation, 0) desc, run_id desc
    ) as ia_newest
  from {{ ledger }}
  where record_key = ''
)
select
  {%- for name, type, since in intercom_activate.columns('ledger') %}
  {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from newest
where ia_newest = 1 and status = 'failed'
{%- endmacro %}
