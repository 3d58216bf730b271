-- Every test makes these relations anew, with rows of its own; dbt is here for its manifest.
select
  cast('c1' as {{ dbt.type_string() }}) as customer_id,
  cast(null as {{ dbt.type_string() }}) as email,
  cast(null as {{ dbt.type_string() }}) as full_name,
  cast(null as {{ dbt.type_timestamp() }}) as signed_up_at,
  cast(null as decimal(10, 2)) as balance,
  cast(null as {{ dbt.type_int() }}) as seats,
  cast(null as boolean) as is_vip
