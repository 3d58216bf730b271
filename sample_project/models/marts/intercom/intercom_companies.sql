select
    company_id,
    company_name,
    plan_name,
    employee_count,
    website,
    industry,
    cast(round(monthly_amount) as integer) as monthly_spend,
    signed_up_at,
    account_tier,
    health_score,
    is_partner
from {{ ref('companies') }}
