{{
  config(
    meta={
      'intercom': {
        'name': 'from_sql', 'object': 'contact', 'behaviour': 'update', 'identifier': 'email',
        'fields': {'email': 'mail', 'name': 'full_name'}, 'warn': ['not_found']
      }
    }
  )
}}
select mail, full_name from {{ ref('people') }}
