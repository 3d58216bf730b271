{#-
  Append to the ledger, under an activation's name of today, what it delivered under the names that it had before. Rows
  stay as old as they are, and a record that has a row under the new name is left alone, so that doing it twice does nothing.

  renamed    see `_handed_over`
-#}
{% macro hand_over(ledger, renamed) -%}
  {{ return(adapter.dispatch('hand_over', 'intercom_activate')(ledger, renamed)) }}
{%- endmacro %}

{% macro default__hand_over(ledger, renamed) -%}
insert into {{ ledger }} ({{ intercom_activate.columns('ledger') | map(attribute=0) | join(', ') }})
{{ intercom_activate._handed_over(ledger, renamed) }}
{%- endmacro %}
