select
    company_id,
    trim(company_name) as company_name,
    website,
    industry,
    employee_count,
    country_code,
    is_partner,
    created_at as signed_up_at,
    updated_at
from {{ ref('raw_companies') }}
