with customers as (

    select * from {{ ref('customers') }}

),

ambassadors as (

    select * from {{ ref('stg_mossbank__ambassadors') }}

),

tagged as (

    select customer_id, 'VIP' as tag_name from customers
    where lifetime_value >= 750

    union all

    select customer_id, 'Trial ending soon' as tag_name from customers
    where
        is_trial
        and renews_on <= cast('{{ var("as_of_date") }}' as date) + interval 7 day

    union all

    select customer_id, 'Payment overdue' as tag_name from customers
    where subscription_status = 'past_due'

    union all

    select customer_id, 'Churned' as tag_name from customers
    where subscription_status = 'cancelled'

    union all

    select customer_id, 'Ambassador' as tag_name from ambassadors

)

select * from tagged
