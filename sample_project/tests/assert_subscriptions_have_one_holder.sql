-- A subscription is held by a customer or by a company, never by both, and its dates are in order.
select
    subscription_id,
    customer_id,
    company_id
from {{ ref('stg_mossbank__subscriptions') }}
where
    (customer_id is null) = (company_id is null)
    or cancelled_on < started_on
    or renews_on <= started_on
