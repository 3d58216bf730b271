-- Every test makes these relations anew, with rows of its own; dbt is here for its manifest.
select
  cast('c1' as {{ dbt.type_string() }}) as customer_id,
  cast('ada@example.com' as {{ dbt.type_string() }}) as email,
  cast('Ada' as {{ dbt.type_string() }}) as full_name,
  cast('2024-01-01 00:00:00' as {{ dbt.type_timestamp() }}) as signed_up_at,
  cast(0 as decimal(10, 2)) as balance,
  cast(0 as {{ dbt.type_int() }}) as seats,
  cast(false as boolean) as is_vip
