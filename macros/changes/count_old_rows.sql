{#- How many rows of an activation an older version wrote, whose keys may spell a moment otherwise. -#}
{% macro count_old_rows(changes) -%}
  {{ return(adapter.dispatch('count_old_rows', 'intercom_activate')(changes)) }}
{%- endmacro %}

{% macro default__count_old_rows(changes) -%}
select count(*) as ia_count
from {{ changes.ledger }}
where project = {{ intercom_activate.text_literal(changes.project) }}
  and workspace = {{ intercom_activate.text_literal(changes.workspace) }}
  and activation = {{ intercom_activate.text_literal(changes.activation) }}
  and generation is null
{%- endmacro %}
