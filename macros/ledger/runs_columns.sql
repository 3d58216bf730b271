{#- The columns of `runs`: a row per activation per run. -#}
{% macro runs_columns() -%}
  {%- set text = intercom_activate.text_type() -%}
  {%- set columns = [
    ('run_id', text), ('project', text), ('workspace', text), ('workspace_name', text), ('activation', text), ('status', text),
  ] -%}
  {%- for name in ['row_count', 'unchanged', 'inserted', 'updated', 'archived', 'deleted', 'attached', 'detached',
                   'sent', 'failed', 'pending', 'unarchived', 'removed', 'held', 'api_calls'] -%}
    {%- do columns.append((name, dbt.type_bigint())) -%}
  {%- endfor -%}
  {%- do columns.append(('started_at', intercom_activate.timestamp_type())) -%}
  {%- do columns.append(('finished_at', intercom_activate.timestamp_type())) -%}
  {{ return(columns) }}
{%- endmacro %}
