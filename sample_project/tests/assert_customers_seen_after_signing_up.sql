-- Nobody is seen before they signed up, and nothing lies after the export.
select
    customer_id,
    signed_up_at,
    last_seen_at
from {{ ref('customers') }}
where
    last_seen_at < signed_up_at
    or greatest(signed_up_at, last_seen_at) > cast('{{ var("as_of_date") }}' as timestamp)
