{#-
  The newest succeeded and the newest failed row of each record, under the new name.

  renamed    {project, workspace, activation, was: [name], identifier, origin}. What was delivered with the same identifier
             counts as delivered from the relation of today, so that it is removed when it leaves.
-#}
{% macro _handed_over(ledger, renamed) -%}
{%- set place -%}
project = {{ intercom_activate.text_literal(renamed.project) }}
    and workspace = {{ intercom_activate.text_literal(renamed.workspace) }}
{%- endset -%}
select
  {%- for name, type, since in intercom_activate.columns('ledger') %}
  {% if name == 'activation' -%}
  cast({{ intercom_activate.text_literal(renamed.activation) }} as {{ type }})
  {%- elif name == 'origin' -%}
  case
    when ia_old.identifier {{ 'is null' if renamed.identifier is none else '= ' ~ intercom_activate.text_literal(renamed.identifier) }} then {{ intercom_activate.text_literal(renamed.origin) }}
    else ia_old.origin
  end
  {%- else -%}
  ia_old.{{ name }}
  {%- endif %} as {{ name }}{{ ',' if not loop.last }}
  {%- endfor %}
from (
  select
    {{ intercom_activate.columns('ledger') | map(attribute=0) | join(', ') }},
    row_number() over (
      partition by record_key, status order by {{ intercom_activate._newest_first() }}
    ) as ia_newest
  from {{ ledger }}
  where {{ place }}
    and activation in ({{ intercom_activate._list(renamed.was) }})
) as ia_old
left outer join (
  select distinct record_key
  from {{ ledger }}
  where {{ place }}
    and activation = {{ intercom_activate.text_literal(renamed.activation) }}
) as ia_new
  on ia_old.record_key = ia_new.record_key
where ia_old.ia_newest = 1
  and ia_new.record_key is null
{%- endmacro %}
