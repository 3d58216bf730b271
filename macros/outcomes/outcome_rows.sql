{#- A batch of outcomes, which all have the same keys in the same order, as a derived table named `outcome`; see `append_outcomes`. -#}
{% macro outcome_rows(outcomes) -%}
  {{ return(adapter.dispatch('outcome_rows', 'intercom_activate')(outcomes)) }}
{%- endmacro %}

{% macro default__outcome_rows(outcomes) -%}
(values
  {%- for outcome in outcomes %}
  ({{ outcome.values() | join(', ') }}){{ ',' if not loop.last }}
  {%- endfor %}
) as outcome ({{ outcomes[0].keys() | join(', ') }})
{%- endmacro %}

{#-
  Redshift knows no VALUES in a FROM clause. It finds the type of a union from two branches at a time, and takes a null for
  text, so that each literal of each branch tells its type.
-#}
{% macro _outcome_rows_by_union(outcomes) -%}
{%- set types = intercom_activate._outcome_types(outcomes[0]) -%}
{%- set casts = [] -%}
{%- for name in outcomes[0] -%}
  {%- do casts.append(' as ' ~ types[name] ~ ') as ' ~ name) -%}
{%- endfor -%}
(
  {%- for outcome in outcomes %}
  select {% for literal in outcome.values() %}cast({{ literal }}{{ casts[loop.index0] }}{{ ', ' if not loop.last }}{% endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
) as outcome
{%- endmacro %}

{#- Nor does BigQuery, where an array of structs is read faster than many selects. -#}
{% macro bigquery__outcome_rows(outcomes) -%}
{%- set types = intercom_activate._outcome_types(outcomes[0]) -%}
unnest(array<struct<
  {%- for name in outcomes[0] -%}
  {{ name }} {{ types[name] }}{{ ', ' if not loop.last }}
  {%- endfor -%}
>>[
  {%- for outcome in outcomes %}
  ({{ outcome.values() | join(', ') }}){{ ',' if not loop.last }}
  {%- endfor %}
]) as outcome
{%- endmacro %}

{% macro redshift__outcome_rows(outcomes) -%}
  {{ return(intercom_activate._outcome_rows_by_union(outcomes)) }}
{%- endmacro %}

{#- The types of the literals: those of the ledger's columns, but moments are written as text. -#}
{% macro _outcome_types(outcome) -%}
  {%- set types = {'seq': intercom_activate.bigint_type()} -%}
  {%- for name, type, since in intercom_activate.columns('ledger') if name in outcome -%}
    {%- do types.update({name: intercom_activate.text_type() if type == intercom_activate.timestamp_type() else type}) -%}
  {%- endfor -%}
  {{ return(types) }}
{%- endmacro %}
