select
    order_id,
    customer_id,
    order_type,
    status,
    {{ cents_to_euros('items_cents') }} as items_amount,
    {{ cents_to_euros('shipping_cents') }} as shipping_amount,
    {{ cents_to_euros('discount_cents') }} as discount_amount,
    {{ cents_to_euros('total_cents') }} as total_amount,
    {{ cents_to_euros('refunded_cents') }} as refunded_amount,
    ordered_at
from {{ ref('raw_orders') }}
