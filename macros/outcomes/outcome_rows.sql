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

{#- Redshift knows no VALUES in a FROM clause. -#}
{% macro _outcome_rows_by_union(outcomes) -%}
{%- set names = outcomes[0].keys() | list -%}
(
  {%- for outcome in outcomes %}
  select {% for name in names %}{{ outcome[name] }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
) as outcome
{%- endmacro %}

{#- Nor does BigQuery, where an array of structs is read faster than many selects. -#}
{% macro bigquery__outcome_rows(outcomes) -%}
{%- set numbers = ['seq'] -%}
{%- for name, type, since in intercom_activate.columns('ledger') if type == dbt.type_int() -%}
  {%- do numbers.append(name) -%}
{%- endfor -%}
unnest(array<struct<
  {%- for name in outcomes[0] -%}
  {{ name }} {{ 'int64' if name in numbers else 'string' }}{{ ', ' if not loop.last }}
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
