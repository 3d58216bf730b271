with exported as (

    select * from {{ ref('raw_customers') }}

),

-- The app exports a customer again after every edit; the newest row is the customer.
latest as (

    select *
    from exported
    qualify row_number() over (
        partition by customer_id
        order by updated_at desc
    ) = 1

),

final as (

    select
        customer_id,
        company_id,
        trim(first_name) as first_name,
        trim(last_name) as last_name,
        concat_ws(' ', trim(first_name), trim(last_name)) as full_name,
        nullif(lower(trim(email)), '') as email,
        {{ phone_to_e164('phone', 'country_code') }} as phone,
        country_code,
        marketing_opt_out as is_unsubscribed_from_emails,
        created_at as signed_up_at,
        last_active_at as last_seen_at,
        updated_at
    from latest

)

select * from final
