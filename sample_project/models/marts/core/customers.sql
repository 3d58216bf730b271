with customers as (

    select * from {{ ref('stg_mossbank__customers') }}

),

subscriptions as (

    select * from {{ ref('int_current_subscriptions') }}

),

orders as (

    select * from {{ ref('int_customer_orders') }}

),

-- A person's own subscription at home counts first, while it runs; else the one of the workplace.
joined as (

    select
        customers.*,
        case
            when own.is_live then own.status
            when workplace.is_live then workplace.status
            else coalesce(own.status, workplace.status, 'none')
        end as subscription_status,
        case
            when own.is_live then own.plan_name
            when workplace.is_live then workplace.plan_name
        end as plan_name,
        case
            when own.is_live then own.renews_on
            when workplace.is_live then workplace.renews_on
        end as renews_on,
        coalesce(orders.orders_count, 0) as orders_count,
        coalesce(orders.lifetime_value, 0) as lifetime_value,
        orders.first_order_at,
        orders.latest_order_at
    from customers
    left join subscriptions as own
        on customers.customer_id = own.holder_id
        and own.holder_type = 'customer'
    left join subscriptions as workplace
        on customers.company_id = workplace.holder_id
        and workplace.holder_type = 'company'
    left join orders
        on customers.customer_id = orders.customer_id

),

final as (

    select
        *,
        subscription_status = 'trialing' as is_trial
    from joined

)

select * from final
