select
    customer_id,
    email,
    full_name,
    phone,
    signed_up_at,
    last_seen_at,
    is_unsubscribed_from_emails,
    plan_name,
    cast(lifetime_value as decimal(12, 2)) as lifetime_value,
    cast(orders_count as integer) as orders_count,
    is_trial,
    renews_on as renewal_date
from {{ ref('customers') }}
