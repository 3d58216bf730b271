-- One row per oddity that a value can have on its way to Intercom.
select *
from (
  values
    ('c1', 'Ada@Example.com ', 'Ada Lovelace', timestamp '2024-02-29 12:34:56.789', date '2024-03-01', 19.90::decimal(10, 2), 3, true, 'pro', 'a1'),
    ('c2', 'zoe@example.com', 'Zoë Ångström 🦊 "Quote" O''Neil', null, null, null, null, null, null, 'a1'),
    ('c3', null, '', timestamp '1999-12-31 23:59:59', date '1969-12-31', 0.00, 0, false, '', 'a2'),
    ('c4', 'MAX@EXAMPLE.COM', '名前; drop table', timestamp '2038-01-19 03:14:08', date '2024-01-01', 1.50, -7, true, 'null', null)
) as customer (customer_id, email, full_name, signed_up_at, renewed_on, balance, seats, is_vip, plan_name, account_id)
