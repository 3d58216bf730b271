{#-
  The newest succeeded and the newest failed row of each record of the same object, under the new name. Where it came from
  stays as it was: what another relation, identifier or key delivered is not removed because it is not in this one.

  renamed    {project, workspace, activation, object, was: [name]}
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
    and object_type = {{ intercom_activate.text_literal(renamed.object) }}
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
