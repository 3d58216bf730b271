select
    plan_code,
    plan_name,
    audience,
    billing_months,
    {{ cents_to_euros('monthly_price_cents') }} as monthly_price
from {{ ref('raw_plans') }}
