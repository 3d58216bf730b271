{#- Drop one of our views; what others built on it is never dropped with it. -#}
{% macro drop_view(view) -%}
  {{ return(adapter.dispatch('drop_view', 'intercom_activate')(view)) }}
{%- endmacro %}

{% macro default__drop_view(view) -%}
drop view if exists {{ view }}
{%- endmacro %}
