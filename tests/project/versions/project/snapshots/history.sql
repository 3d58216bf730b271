{% snapshot history %}
{{
  config(
    target_schema='main', unique_key='person_id', strategy='check', check_cols='all',
    meta={
      'intercom': {
        'name': 'events', 'object': 'event', 'behaviour': 'send', 'identifier': 'external_id',
        'fields': {'external_id': 'person_id', 'created_at': 'dbt_updated_at'},
        'constants': {'event_name': 'seen'}, 'gate': 'parents', 'enabled': false
      }
    }
  )
}}
select person_id, mail from {{ ref('people') }}
{% endsnapshot %}
