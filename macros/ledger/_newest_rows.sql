{#- Each row of the ledger that meets the condition, numbered from the newest within its record. -#}
{% macro _newest_rows(ledger, condition) -%}
select
  {%- for name, type, since in intercom_activate.columns('ledger') %}
  {{ name }},
  {%- endfor %}
  row_number() over (
    partition by project, workspace, activation, record_key
    order by {{ intercom_activate._newest_first() }}
  ) as ia_newest
from {{ ledger }}
where {{ condition }}
{%- endmacro %}
