{#-
  The parts of the record key as expressions: a column, the UTC text of a moment with a zone, the text of a number, or the
  unix seconds of the moment at which a record happens; with `old_form`, that moment as older versions had it: see
  `_old_text`.
-#}
{% macro _key_parts(key, old_form=none) -%}
  {%- set parts = [] -%}
  {%- for part in key -%}
    {%- if part.get('seconds') and old_form is not none -%}
      {%- do parts.append(intercom_activate._old_text(part.alias, part.seconds, old_form)) -%}
    {%- elif part.get('seconds') -%}
      {%- do parts.append(intercom_activate._unix_text(part.alias, part.seconds)) -%}
    {%- elif part.get('zoned') -%}
      {%- do parts.append(intercom_activate.utc_text(part.alias)) -%}
    {%- elif part.get('number') -%}
      {%- do parts.append(part.alias ~ '_text') -%}
    {%- else -%}
      {%- do parts.append(part.alias) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(parts) }}
{%- endmacro %}
