select *
from (
  values
    ('a1', 'Ada & Söhne', 120.75::double, 12, 'team', timestamptz '2023-05-06 07:08:09+02'),
    ('a2', 'Bits', null, null, null, null)
) as account (account_id, account_name, spend, headcount, tier, joined_at)
