{#- How many places in its generation the rows of a run have taken. -#}
{% macro last_place(ledger, run_id) -%}
  {{ return(adapter.dispatch('last_place', 'intercom_activate')(ledger, run_id)) }}
{%- endmacro %}

{% macro default__last_place(ledger, run_id) -%}
select coalesce(max(place), 0) as ia_place
from {{ ledger }}
where run_id = {{ intercom_activate.text_literal(run_id) }}
{%- endmacro %}
