{#-
  Ends a `where` over `classified`: where the rows come from a kept stage, which has the changed ones only, just those have
  left that had left when it was made.
-#}
{% macro _kept_only(changes) -%}
{%- if changes.get('kept') %}
  and (ia_class <> 'removed' or ia_key in (select ia_key from {{ changes.kept }} where ia_class = 'removed'))
{%- endif %}
{%- endmacro %}
