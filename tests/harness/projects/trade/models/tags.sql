select cast('c1' as {{ dbt.type_string() }}) as customer_id, cast('vip' as {{ dbt.type_string() }}) as tag_name
