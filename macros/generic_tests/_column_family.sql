{#- The family of a column's type: text, integer, decimal, boolean, timestamp or composite. -#}
{% macro _column_family(model, column_name) -%}
  {%- if not execute -%}
    {{ return('text') }}
  {%- endif -%}
  {%- set columns = adapter.get_column_schema_from_query('select ' ~ column_name ~ ' from ' ~ model ~ ' where 1 = 0') -%}
  {#- Some adapters tell an object as its parts. -#}
  {%- if columns | length != 1 or ('.' in columns[0].name and '.' not in column_name) -%}
    {{ return('composite') }}
  {%- endif -%}
  {{ return(intercom_activate._family(columns[0].dtype)) }}
{%- endmacro %}

{% macro _family(data_type) -%}
  {%- set name = data_type.strip().lower() -%}
  {%- set composite = '\\[[0-9]*\\]$|array$'
    ~ '|^(json|jsonb|variant|super|object|array|struct|map|list|row|record|union)\\b'
    ~ '|^(blob|bytes|bytea|(var)?binary|varbyte)\\b' -%}
  {%- set integer = '^(u?(tiny|small|big|huge|medium)?int(eger)?[0-9]*\\b|long|short|byteint|serial)' -%}
  {%- if modules.re.search(composite, name) -%}
    {{ return('composite') }}
  {%- elif modules.re.search('^(timestamp|datetime|date\\b)', name) -%}
    {{ return('timestamp') }}
  {%- elif modules.re.search('^bool', name) -%}
    {{ return('boolean') }}
  {%- elif modules.re.search(integer, name) -%}
    {{ return('integer') }}
  {%- elif modules.re.search('^(big)?(decimal|dec\\b|numeric|number|float|double|real|fixed)', name) -%}
    {{ return('decimal') }}
  {%- endif -%}
  {#- What else there is, such as a time of day, arrives as text. -#}
  {{ return('text') }}
{%- endmacro %}
