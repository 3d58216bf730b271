{{ config(enabled=false) }}
select 'p1' as person_id
