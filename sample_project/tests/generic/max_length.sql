{% test max_length(model, column_name, characters) %}
select {{ column_name }}
from {{ model }}
where length({{ column_name }}) > {{ characters }}
{% endtest %}
