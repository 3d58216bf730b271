{#- A text as a literal of this warehouse. Only for names of ours and for messages: keys and values never travel as literals. -#}
{% macro text_literal(text) -%}
  {{ return(adapter.dispatch('text_literal', 'intercom_activate')(text)) }}
{%- endmacro %}

{% macro default__text_literal(text) -%}
  {%- if text is none -%}
    {{ return('null') }}
  {%- endif -%}
  {{ return("'" ~ text.replace("'", "''") ~ "'") }}
{%- endmacro %}

{#- These read a backslash inside a literal as an escape. -#}
{% macro _backslash_text_literal(text) -%}
  {%- if text is none -%}
    {{ return('null') }}
  {%- endif -%}
  {{ return("'" ~ text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") ~ "'") }}
{%- endmacro %}

{% macro snowflake__text_literal(text) -%}
  {{ return(intercom_activate._backslash_text_literal(text)) }}
{%- endmacro %}

{% macro bigquery__text_literal(text) -%}
  {{ return(intercom_activate._backslash_text_literal(text)) }}
{%- endmacro %}

{% macro redshift__text_literal(text) -%}
  {{ return(intercom_activate._backslash_text_literal(text)) }}
{%- endmacro %}

{#- Databricks dispatches here too. -#}
{% macro spark__text_literal(text) -%}
  {{ return(intercom_activate._backslash_text_literal(text)) }}
{%- endmacro %}

{% macro clickhouse__text_literal(text) -%}
  {{ return(intercom_activate._backslash_text_literal(text)) }}
{%- endmacro %}
