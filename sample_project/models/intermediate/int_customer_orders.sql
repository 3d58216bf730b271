select
    customer_id,
    count(*) as orders_count,
    sum(total_amount - refunded_amount) as lifetime_value,
    min(ordered_at) as first_order_at,
    max(ordered_at) as latest_order_at
from {{ ref('stg_mossbank__orders') }}
where status in ('paid', 'partially_refunded', 'refunded')
group by customer_id
