{#- The keys of the records that failed last: of each activation and code the newest, at most `limit`. -#}
{% macro failed_keys(failures, limit) -%}
  {{ return(adapter.dispatch('failed_keys', 'intercom_activate')(failures, limit)) }}
{%- endmacro %}

{% macro default__failed_keys(failures, limit) -%}
select activation, workspace, code, record_key
from (
  select
    activation,
    workspace,
    code,
    record_key,
    row_number() over (
      partition by activation, workspace, code
      order by {{ intercom_activate._newest_first() }}, record_key
    ) as ia_newest
  from {{ failures }}
) as ia_failed
where ia_newest <= {{ limit }}
order by activation, workspace, code, ia_newest
{%- endmacro %}
