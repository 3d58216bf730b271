select
    customer_id,
    added_on,
    added_by
from {{ ref('raw_ambassadors') }}
