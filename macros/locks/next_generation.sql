{#-
  The generation of the run that holds the lock of a project: one more than any run before it has taken, those that died
  before their first row included.
-#}
{% macro next_generation(ledger, locks, project) -%}
  {{ return(adapter.dispatch('next_generation', 'intercom_activate')(ledger, locks, project)) }}
{%- endmacro %}

{% macro default__next_generation(ledger, locks, project) -%}
select coalesce(max(generation), 0) + 1 as ia_generation
from (
  {%- for relation in [ledger, locks] %}
  select generation
  from {{ relation }}
  where project = {{ intercom_activate.text_literal(project) }}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
) as ia_generations
{%- endmacro %}
