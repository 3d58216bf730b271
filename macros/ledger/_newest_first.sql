{#-
  How rows of the ledger are ordered, the newest first: by the generation of their run, which each run takes under the
  lock, and within a run by the order in which they were known. No clock of any host decides.

  Rows of older versions have neither; they are older than any row that has, and ordered by when they were delivered.
-#}
{% macro _newest_first() -%}
coalesce(generation, 0) desc, coalesce(place, 0) desc, delivered_at desc, run_id desc
{%- endmacro %}
