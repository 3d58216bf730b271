with companies as (

    select * from {{ ref('companies') }}

),

tagged as (

    select company_id, 'Partner' as tag_name from companies
    where is_partner

    union all

    select company_id, 'Strategic' as tag_name from companies
    where account_tier = 'strategic'

    union all

    select company_id, 'Payment overdue' as tag_name from companies
    where contract_status = 'past_due'

    union all

    select company_id, 'Renewal in 60 days' as tag_name from companies
    where
        contract_status = 'active'
        and contract_renews_on <= cast('{{ var("as_of_date") }}' as date) + interval 60 day

)

select * from tagged
