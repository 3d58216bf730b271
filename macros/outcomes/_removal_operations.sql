{#- Literals for `in (…)`: the operations after which a record is no longer in Intercom as its model has it. -#}
{% macro _removal_operations() -%}
  {{ return(intercom_activate._list(['archive', 'delete', 'detach'])) }}
{%- endmacro %}
