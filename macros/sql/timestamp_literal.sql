{#- A UTC moment, given as `YYYY-MM-DD HH:MM:SS.ffffff`, without a zone. -#}
{% macro timestamp_literal(moment) -%}
  {{ return(adapter.dispatch('timestamp_literal', 'intercom_activate')(moment)) }}
{%- endmacro %}

{% macro default__timestamp_literal(moment) -%}
  {%- if moment is none -%}
    {{ return('cast(null as ' ~ intercom_activate.timestamp_type() ~ ')') }}
  {%- endif -%}
  {{ return("cast('" ~ moment ~ "' as " ~ intercom_activate.timestamp_type() ~ ")") }}
{%- endmacro %}
