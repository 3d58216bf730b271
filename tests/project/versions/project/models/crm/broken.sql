select cast(null as varchar) as person_id, 'nobody' as full_name
