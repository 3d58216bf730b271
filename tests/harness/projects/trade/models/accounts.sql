select cast('a1' as {{ dbt.type_string() }}) as account_id, cast('Bits' as {{ dbt.type_string() }}) as account_name
