{#- A name that no activation of this project has would be an empty relation without a word. -#}
{% macro _warn_of_unknown(activation) -%}
  {%- if execute -%}
    {%- set names = intercom_activate._activation_names() -%}
    {#- None at all is known where dbt is still parsing. -#}
    {%- if names and activation not in names -%}
      {%- do exceptions.warn(
        "intercom_activate.synced: expected an activation of this project (" ~ names | sort | join(', ') ~ "), found '"
        ~ activation ~ "'"
      ) -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
