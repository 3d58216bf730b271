select *
from (
  values
    ('p1', 'ada@example.com', 'Ada', 12.50::decimal(10, 2), 'VIP'),
    ('p2', 'bob@example.com', null, null, 'VIP')
) as person (person_id, mail, full_name, balance, tag_name)
