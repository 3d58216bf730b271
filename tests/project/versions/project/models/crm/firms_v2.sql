select 'f2' as firm_id, 'Firm 2' as firm_name, 7 as staff
