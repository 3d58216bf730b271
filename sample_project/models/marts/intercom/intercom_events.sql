select
    events.event_id,
    events.customer_id,
    events.event_name,
    events.occurred_at,
    events.platform,
    events.plant_species,
    events.light_lux,
    customers.plan_name
from {{ ref('stg_mossbank__events') }} as events
inner join {{ ref('customers') }} as customers on events.customer_id = customers.customer_id
