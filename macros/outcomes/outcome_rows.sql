{#- A batch of outcomes as a derived table named `outcome`. -#}
{% macro outcome_rows(outcomes) -%}
  {{ return(adapter.dispatch('outcome_rows', 'intercom_activate')(outcomes)) }}
{%- endmacro %}

{% macro default__outcome_rows(outcomes) -%}
(values
  {%- for outcome in outcomes %}
  ({{ intercom_activate._outcome_literals(outcome) | join(', ') }}){{ ',' if not loop.last }}
  {%- endfor %}
) as outcome ({{ intercom_activate._outcome_names() | join(', ') }})
{%- endmacro %}

{#- Redshift knows no VALUES in a FROM clause. -#}
{% macro _outcome_rows_by_union(outcomes) -%}
{%- set names = intercom_activate._outcome_names() -%}
(
  {%- for outcome in outcomes %}
  {%- set literals = intercom_activate._outcome_literals(outcome) %}
  select {% for literal in literals %}{{ literal }} as {{ names[loop.index0] }}{{ ', ' if not loop.last }}{% endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
) as outcome
{%- endmacro %}

{#- Nor does BigQuery, where an array of structs is read faster than many selects. -#}
{% macro bigquery__outcome_rows(outcomes) -%}
unnest(array<struct<
  {%- for name in intercom_activate._outcome_names() -%}
  {{ name }} {{ 'int64' if name in ('seq', 'http_status') else 'string' }}{{ ', ' if not loop.last }}
  {%- endfor -%}
>>[
  {%- for outcome in outcomes %}
  ({{ intercom_activate._outcome_literals(outcome) | join(', ') }}){{ ',' if not loop.last }}
  {%- endfor %}
]) as outcome
{%- endmacro %}

{% macro redshift__outcome_rows(outcomes) -%}
  {{ return(intercom_activate._outcome_rows_by_union(outcomes)) }}
{%- endmacro %}

{% macro _outcome_names() -%}
  {{ return(['seq', 'payload_hash', 'operation', 'status', 'code', 'message', 'intercom_id', 'related_id',
             'http_status', 'request_id', 'delivered_at']) }}
{%- endmacro %}

{% macro _outcome_literals(outcome) -%}
  {%- set literals = [outcome['seq'] | string] -%}
  {%- for name in ['payload_hash', 'operation', 'status', 'code', 'message', 'intercom_id', 'related_id'] -%}
    {%- do literals.append(intercom_activate.text_literal(outcome[name])) -%}
  {%- endfor -%}
  {%- do literals.append('null' if outcome['http_status'] is none else outcome['http_status'] | string) -%}
  {%- do literals.append(intercom_activate.text_literal(outcome['request_id'])) -%}
  {%- do literals.append(intercom_activate.text_literal(outcome['delivered_at'])) -%}
  {{ return(literals) }}
{%- endmacro %}
