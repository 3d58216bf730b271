select cast('c1' as {{ dbt.type_string() }}) as customer_id, cast('a1' as {{ dbt.type_string() }}) as account_id
