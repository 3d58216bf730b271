{#- Drop a stage, whose records have all been accounted for. -#}
{% macro drop_stage(stage) -%}
  {{ return(adapter.dispatch('drop_stage', 'intercom_activate')(stage)) }}
{%- endmacro %}

{% macro default__drop_stage(stage) -%}
drop table if exists {{ stage }}
{%- endmacro %}
