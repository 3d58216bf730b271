{#-
  The family of a column's type: text, integer, number, boolean, timestamp or composite.
  What else there is, such as a time of day, arrives as text.
-#}
{% macro _column_family(model, column_name) -%}
  {%- if not execute -%}
    {{ return('text') }}
  {%- endif -%}
  {%- set data_type = intercom_activate._column_type(model, column_name) -%}
  {%- if data_type is none -%}
    {{ return('composite') }}
  {%- endif -%}
  {%- set family = intercom_activate._family(data_type) -%}
  {{ return('text' if family == 'other' else family) }}
{%- endmacro %}

{#- A column's type; none of an object, which some adapters tell as its parts. -#}
{% macro _column_type(model, column_name) -%}
  {%- set query = 'select ' ~ column_name ~ ' from ' ~ model ~ ' where 1 = 0' -%}
  {%- set question = intercom_activate.describe_query(query) -%}
  {%- if question is not none -%}
    {{ return(run_query(question).rows[0][1]) }}
  {%- endif -%}
  {%- set columns = adapter.get_column_schema_from_query(query) -%}
  {%- if columns | length != 1 or ('.' in columns[0].name and '.' not in column_name) -%}
    {{ return(none) }}
  {%- endif -%}
  {{ return(columns[0].dtype) }}
{%- endmacro %}

{#- The family of a type, found as binding/column_types.py of the command line finds it. -#}
{% macro _family(data_type) -%}
  {%- set text = data_type.strip().lower() -%}
  {%- if modules.re.search('(\\[[0-9]*\\]|array)$', text) -%}
    {{ return('composite') }}
  {%- endif -%}
  {%- set name = intercom_activate._type_name(text) -%}
  {%- for known in [name, name.split(' ')[0]] -%}
    {%- for family, names in intercom_activate._names_of_types().items() if known in names -%}
      {#- NUMBER(38,0), which is what Snowflake makes of every integer type. -#}
      {%- set whole = known in intercom_activate._names_of_decimals() and modules.re.search('\\([ ]*[0-9]+[ ]*,[ ]*0[ ]*\\)', text) -%}
      {{ return('integer' if whole else family) }}
    {%- endfor -%}
  {%- endfor -%}
  {{ return('other') }}
{%- endmacro %}

{#- A type's name without its parameters. -#}
{% macro _type_name(data_type) -%}
  {%- set text = modules.re.sub('^((nullable|lowcardinality)\\()+', '', data_type.strip().lower()) -%}
  {%- set words = modules.re.sub('(?s)[(<].*[)>]|[)>]', ' ', text).split() -%}
  {{ return(modules.re.sub('_type$', '', words | join(' '))) }}
{%- endmacro %}

{#-
  From which size on whole numbers of a type may have lost digits: none but of floating-point numbers. `exact_below` of
  binding/column_types.py, which a test compares.
-#}
{% macro _exact_below(data_type, adapter_type) -%}
  {%- set name = intercom_activate._type_name(data_type) -%}
  {#- The connector of Snowflake calls every FLOAT `REAL`. -#}
  {%- set of_32_bits = ['float4', 'float32'] -%}
  {%- if adapter_type in ['duckdb', 'spark', 'databricks'] -%}{%- do of_32_bits.append('float') -%}{%- endif -%}
  {%- if adapter_type != 'snowflake' -%}{%- do of_32_bits.append('real') -%}{%- endif -%}
  {%- if name in of_32_bits -%}
    {{ return(16777216) }}
  {%- elif name in ['real', 'float', 'float8', 'float16', 'float64', 'double', 'double precision'] -%}
    {{ return(9007199254740992) }}
  {%- endif -%}
  {{ return(none) }}
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
    'number': intercom_activate._names_of_decimals() + [
      'real', 'float', 'float4', 'float8', 'float16', 'float32', 'float64', 'double', 'double precision',
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

{% macro _names_of_decimals() -%}
  {{ return([
    'decimal', 'dec', 'numeric', 'number', 'fixed', 'bignumeric', 'bigdecimal', 'decimal32', 'decimal64', 'decimal128',
    'decimal256',
  ]) }}
{%- endmacro %}
