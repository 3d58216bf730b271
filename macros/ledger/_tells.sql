{#-
  Whether a succeeded row says what Intercom was told, or that nobody knows it. One that needed no call and has no payload
  says neither: what was told before it is still so. Payloads were off then, or it is an event, which is sent once.
-#}
{% macro _tells() -%}
  {{ return("(operation <> 'none' or payload is not null)") }}
{%- endmacro %}
