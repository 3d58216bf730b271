with subscriptions as (

    select * from {{ ref('stg_mossbank__subscriptions') }}
    where status != 'scheduled'

),

plans as (

    select * from {{ ref('stg_mossbank__plans') }}

),

-- One row per holder. A subscription that runs wins over one that ended, however recent: somebody who leaves
-- Jungle for Windowsill on one day has both. Among equals the latest start wins.
ranked as (

    select
        *,
        status in ('trialing', 'active', 'past_due') as is_live
    from subscriptions
    qualify row_number() over (
        partition by holder_type, holder_id
        order by is_live desc, started_on desc, subscription_id desc
    ) = 1

),

final as (

    select
        ranked.holder_type,
        ranked.holder_id,
        ranked.subscription_id,
        ranked.status,
        ranked.is_live,
        plans.plan_name,
        ranked.started_on,
        ranked.renews_on,
        ranked.cancelled_on,
        case
            when ranked.status in ('active', 'past_due')
                then cast(
                    plans.monthly_price * ranked.sites * (100 - ranked.discount_percent) / 100
                    as decimal(12, 2)
                )
            else 0
        end as monthly_amount
    from ranked
    inner join plans on ranked.plan_code = plans.plan_code

)

select * from final
