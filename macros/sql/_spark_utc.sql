{#-
  A TIMESTAMP of Spark, which is an instant, as its UTC clock (TIMESTAMP_NTZ); Spark 3.4 or newer.
  `to_utc_timestamp` would not do: where the session's zone skips an hour, two instants become one.
-#}
{% macro _spark_utc(column) -%}
  {%- set seconds = 'cast(unix_micros(' ~ column ~ ') as decimal(20, 0)) / 1000000' -%}
  {{ return("(timestamp_ntz '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, " ~ seconds ~ "))") }}
{%- endmacro %}
