{#- The versions that a ledger has had, the newest first, each with a version of this package that made it. -#}
{% macro read_versions(versions) -%}
  {{ return(adapter.dispatch('read_versions', 'intercom_activate')(versions)) }}
{%- endmacro %}

{% macro default__read_versions(versions) -%}
select ledger_version, min(program) as ia_program
from {{ versions }}
group by ledger_version
order by ledger_version desc
{%- endmacro %}
