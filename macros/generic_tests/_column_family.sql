{#-
  The family of a column's type: text, integer, number, boolean, timestamp or composite.
  What else there is, such as a time of day, arrives as text.
-#}
{% macro _column_family(model, column_name) -%}
  {%- if not execute -%}
    {{ return('text') }}
  {%- endif -%}
  {%- set columns = adapter.get_column_schema_from_query('select ' ~ column_name ~ ' from ' ~ model ~ ' where 1 = 0') -%}
  {#- Some adapters tell an object as its parts. -#}
  {%- if columns | length != 1 or ('.' in columns[0].name and '.' not in column_name) -%}
    {{ return('composite') }}
  {%- endif -%}
  {%- set family = intercom_activate._family(columns[0].dtype) -%}
  {{ return('text' if family == 'other' else family) }}
{%- endmacro %}

{#- The family of a type, found as binding/column_types.py of the command line finds it. -#}
{% macro _family(data_type) -%}
  {%- set text = data_type.strip().lower() -%}
  {%- if modules.re.search('(\\[[0-9]*\\]|array)$', text) -%}
    {{ return('composite') }}
  {%- endif -%}
  {%- set text = modules.re.sub('^((nullable|lowcardinality)\\()+', '', text) -%}
  {%- set words = modules.re.sub('(?s)[(<].*[)>]|[)>]', ' ', text).split() -%}
  {%- set name = modules.re.sub('_type$', '', words | join(' ')) -%}
  {%- for known in [name, name.split(' ')[0]] -%}
    {%- for family, names in intercom_activate._names_of_types().items() if known in names -%}
      {{ return(family) }}
    {%- endfor -%}
  {%- endfor -%}
  {{ return('other') }}
{%- endmacro %}

{#- The names of types by family: the table of binding/column_types.py, which a test compares. -#}
{% macro _names_of_types() -%}
  {{ return({
    'text': [
      'char', 'character', 'nchar', 'bpchar', 'varchar', 'nvarchar', 'varchar2', 'text', 'tinytext', 'mediumtext',
      'longtext', 'ntext', 'citext', 'string', 'fixedstring', 'str', 'unicode', 'enum', 'enum8', 'enum16', 'uuid',
      'uniqueidentifier',
    ],
    'integer': [
      'int', 'int1', 'int2', 'int4', 'int8', 'int16', 'int32', 'int64', 'int128', 'int256', 'integer', 'tinyint',
      'smallint', 'mediumint', 'bigint', 'hugeint', 'uint8', 'uint16', 'uint32', 'uint64', 'uint128', 'uint256',
      'uinteger', 'utinyint', 'usmallint', 'ubigint', 'uhugeint', 'byteint', 'short', 'long', 'longinteger', 'serial',
      'smallserial', 'bigserial',
    ],
    'number': [
      'decimal', 'dec', 'numeric', 'number', 'fixed', 'bignumeric', 'bigdecimal', 'decimal32', 'decimal64', 'decimal128',
      'decimal256', 'real', 'float', 'float4', 'float8', 'float16', 'float32', 'float64', 'double', 'double precision',
    ],
    'boolean': ['bool', 'boolean'],
    'timestamp': [
      'date', 'date32', 'timestamp', 'timestamp_ntz', 'timestampntz', 'timestamp_s', 'timestamp_ms', 'timestamp_us',
      'timestamp_ns', 'datetime', 'datetime2', 'datetime64', 'smalldatetime', 'timestamp with time zone',
      'timestamp with local time zone', 'timestamptz', 'timestamp_tz', 'timestampltz', 'timestamp_ltz', 'datetimetz',
      'datetimeoffset',
    ],
    'other': ['time', 'interval', 'time with time zone'],
    'composite': [
      'json', 'jsonb', 'variant', 'super', 'object', 'array', 'struct', 'map', 'list', 'row', 'record', 'union', 'tuple',
      'nested', 'blob', 'bytes', 'bytea', 'binary', 'varbinary', 'varbyte',
    ],
  }) }}
{%- endmacro %}
