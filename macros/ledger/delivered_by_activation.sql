{#- How many records of each activation Intercom has, in each workspace, as the ledger knows. -#}
{% macro delivered_by_activation(synced) -%}
  {{ return(adapter.dispatch('delivered_by_activation', 'intercom_activate')(synced)) }}
{%- endmacro %}

{% macro default__delivered_by_activation(synced) -%}
select activation, workspace, count(*) as ia_count
from {{ synced }}
group by activation, workspace
{%- endmacro %}
