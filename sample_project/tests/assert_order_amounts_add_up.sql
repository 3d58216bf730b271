-- The total is items and shipping less the discount, and no refund is larger than what was paid.
select
    order_id,
    items_amount,
    shipping_amount,
    discount_amount,
    total_amount,
    refunded_amount
from {{ ref('stg_mossbank__orders') }}
where
    total_amount != items_amount + shipping_amount - discount_amount
    or refunded_amount not between 0 and total_amount
