{#- Literals for `in (…)`: the failures that say that an id the ledger has is no longer Intercom's. -#}
{% macro _lost_id_codes() -%}
  {{ return(intercom_activate._list(['not_found', 'archived', 'deleted', 'merged'])) }}
{%- endmacro %}
