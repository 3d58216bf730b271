select 'f1' as firm_id, 'Firm 1' as firm_name
