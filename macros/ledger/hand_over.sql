{#-
  Append to the ledger, under an activation's name of today, what it delivered under the names that it had before. Rows
  stay as old as they are, and a record that has a row under the new name is left alone, so that doing it twice does nothing.

  renamed    see `_handed_over`
-#}
{% macro hand_over(ledger, renamed) -%}
  {{ return(adapter.dispatch('hand_over', 'intercom_activate')(ledger, renamed)) }}
{%- endmacro %}

{% macro default__hand_over(ledger, renamed) -%}
insert into {{ ledger }} ({{ intercom_activate.columns('ledger') | map(attribute=0) | join(', ') }})
{{ intercom_activate._handed_over(ledger, renamed) }}
{%- endmacro %}

{#- What stands after `from`: the ledger as it will be after `hand_over`, for those who may not write. -#}
{% macro with_handed_over(ledger, renamed) -%}
  {{ return(adapter.dispatch('with_handed_over', 'intercom_activate')(ledger, renamed)) }}
{%- endmacro %}

{% macro default__with_handed_over(ledger, renamed) -%}
{%- set columns = intercom_activate.columns('ledger') | map(attribute=0) | join(', ') -%}
(
  select {{ columns }}
  from {{ ledger }}
  union all
  {{ intercom_activate._handed_over(ledger, renamed) | indent(2) }}
) as ia_with_handed_over
{%- endmacro %}

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
