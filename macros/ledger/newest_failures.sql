{#- The records that failed last, the newest first. -#}
{% macro newest_failures(failures, columns, limit) -%}
  {{ return(adapter.dispatch('newest_failures', 'intercom_activate')(failures, columns, limit)) }}
{%- endmacro %}

{% macro default__newest_failures(failures, columns, limit) -%}
select {{ columns | join(', ') }}
from {{ failures }}
order by {{ intercom_activate._newest_first() }}, activation, record_key
limit {{ limit }}
{%- endmacro %}
