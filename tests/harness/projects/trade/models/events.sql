select
  cast('c1' as {{ dbt.type_string() }}) as customer_id,
  cast('joined' as {{ dbt.type_string() }}) as event_name,
  cast('2024-01-01 00:00:00' as {{ dbt.type_timestamp() }}) as happened_at,
  cast('pro' as {{ dbt.type_string() }}) as plan_name
