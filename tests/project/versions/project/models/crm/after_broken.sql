select person_id, full_name from {{ ref('broken') }}
