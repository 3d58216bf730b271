select
    customer_id,
    company_id
from {{ ref('customers') }}
where company_id is not null
