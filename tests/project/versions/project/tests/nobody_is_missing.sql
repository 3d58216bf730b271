select * from {{ ref('people') }} where person_id is null
