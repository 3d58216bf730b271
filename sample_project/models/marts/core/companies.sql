with companies as (

    select * from {{ ref('stg_mossbank__companies') }}

),

contracts as (

    select * from {{ ref('int_current_subscriptions') }}
    where holder_type = 'company'

),

usage as (

    select * from {{ ref('int_company_usage') }}

),

joined as (

    select
        companies.*,
        case when contracts.is_live then contracts.plan_name end as plan_name,
        coalesce(contracts.status, 'none') as contract_status,
        contracts.renews_on as contract_renews_on,
        coalesce(contracts.monthly_amount, 0) as monthly_amount,
        coalesce(usage.members_count, 0) as members_count,
        coalesce(usage.active_members_count, 0) as active_members_count,
        coalesce(usage.recent_events_count, 0) as recent_events_count
    from companies
    left join contracts on companies.company_id = contracts.holder_id
    left join usage on companies.company_id = usage.company_id

),

final as (

    select
        *,
        case
            when monthly_amount >= 1500 then 'strategic'
            when monthly_amount >= 300 then 'growth'
            when monthly_amount > 0 then 'starter'
            else 'prospect'
        end as account_tier,
        -- 60 points for members seen in 30 days, 25 for a contract in good standing, 15 for busy members.
        case
            when members_count > 0
                then cast(round(
                    60.0 * active_members_count / members_count
                    + case contract_status
                        when 'active' then 25
                        when 'trialing' then 15
                        when 'past_due' then 5
                        else 0
                    end
                    + 15.0 * least(recent_events_count / (2.0 * members_count), 1)
                ) as integer)
        end as health_score
    from joined

)

select * from final
