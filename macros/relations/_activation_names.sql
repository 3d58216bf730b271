{#- The names of the activations of this project: what is written, or the name of the model. -#}
{% macro _activation_names() -%}
  {%- set names = [] -%}
  {%- for node in (graph.nodes | default({})).values() if node.resource_type in ['model', 'seed', 'snapshot'] -%}
    {%- set written = (node.config.get('meta') or {}).get('intercom') or [] -%}
    {%- for entry in ([written] if written is mapping else written) -%}
      {%- set default = node.name ~ ('_v' ~ node.version if node.version) -%}
      {%- do names.append((entry.get('name') if entry is mapping) or default) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(names) }}
{%- endmacro %}
