{#-
  How many records of each class there are, before a stage is made; where all are unchanged none has to be. Beside them, of no
  class, how many records of the activation ever failed and were not said to have left: where none did, none can leave now.
-#}
{% macro count_classes(changes) -%}
  {{ return(adapter.dispatch('count_classes', 'intercom_activate')(changes)) }}
{%- endmacro %}

{% macro default__count_classes(changes) -%}
{{ intercom_activate._changes(changes, with_ids=false, with_attempts=false) }}
select ia_class, count(*) as ia_count
from classified
where ia_class <> 'gone'
group by ia_class
union all
select cast(null as {{ intercom_activate.text_type() }}) as ia_class, count(*) as ia_count
from failed
where code is not null
{%- endmacro %}
