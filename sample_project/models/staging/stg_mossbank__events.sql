select
    event_id,
    customer_id,
    event_name,
    platform,
    plant_species,
    light_lux,
    occurred_at
from {{ ref('raw_events') }}
