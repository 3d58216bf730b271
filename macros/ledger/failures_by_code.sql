{#- How many records of each activation failed last with each code, in each workspace, and when the newest of them did. -#}
{% macro failures_by_code(failures) -%}
  {{ return(adapter.dispatch('failures_by_code', 'intercom_activate')(failures)) }}
{%- endmacro %}

{% macro default__failures_by_code(failures) -%}
select activation, workspace, code, count(*) as ia_count, max(delivered_at) as ia_newest_at
from {{ failures }}
group by activation, workspace, code
order by activation, workspace, ia_count desc, code
{%- endmacro %}
