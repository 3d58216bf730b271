select
    subscription_id,
    customer_id,
    company_id,
    case when company_id is null then 'customer' else 'company' end as holder_type,
    coalesce(company_id, customer_id) as holder_id,
    plan_code,
    status,
    sites,
    discount_percent,
    started_on,
    trial_ends_on,
    renews_on,
    cancelled_on
from {{ ref('raw_subscriptions') }}
