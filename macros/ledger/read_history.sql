{#-
  What the ledger has of the records that `named` names, the newest first: those with this key, and those of this
  identifier, as a tag has under its contact's.

  named    {project, key, activation: a name or none, until: the newest `delivered_at`, or none}
-#}
{% macro read_history(ledger, columns, named) -%}
  {{ return(adapter.dispatch('read_history', 'intercom_activate')(ledger, columns, named)) }}
{%- endmacro %}

{% macro default__read_history(ledger, columns, named) -%}
select {{ columns | join(', ') }}
from {{ ledger }}
where project = {{ intercom_activate.text_literal(named.project) }}
  and (
    record_key = {{ intercom_activate.text_literal(named.key) }}
    or identifier_value = {{ intercom_activate.text_literal(named.key) }}
  )
  {%- if named.activation is not none %}
  and activation = {{ intercom_activate.text_literal(named.activation) }}
  {%- endif %}
  {%- if named.until is not none %}
  and delivered_at <= {{ intercom_activate.timestamp_literal(named.until) }}
  {%- endif %}
order by {{ intercom_activate._newest_first() }}, activation, record_key
{%- endmacro %}
