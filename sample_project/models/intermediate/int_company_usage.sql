with members as (

    select * from {{ ref('stg_mossbank__customers') }}
    where company_id is not null

),

recent_events as (

    select
        customer_id,
        count(*) as events_count
    from {{ ref('stg_mossbank__events') }}
    where occurred_at >= cast('{{ var("as_of_date") }}' as date) - interval 30 day
    group by customer_id

),

final as (

    select
        members.company_id,
        count(*) as members_count,
        count(recent_events.customer_id) as active_members_count,
        coalesce(sum(recent_events.events_count), 0) as recent_events_count
    from members
    left join recent_events on members.customer_id = recent_events.customer_id
    group by members.company_id

)

select * from final
