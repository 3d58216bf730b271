-- What customers are worth together is what their orders brought: no join loses or repeats an order.
with orders as (

    select
        sum(total_amount - refunded_amount) as amount,
        count(*) as orders_count
    from {{ ref('stg_mossbank__orders') }}
    where status in ('paid', 'partially_refunded', 'refunded')

),

contacts as (

    select
        sum(lifetime_value) as amount,
        sum(orders_count) as orders_count
    from {{ ref('intercom_contacts') }}

)

select
    orders.amount as amount_of_orders,
    contacts.amount as amount_of_contacts
from orders
cross join contacts
where
    orders.amount != contacts.amount
    or orders.orders_count != contacts.orders_count
