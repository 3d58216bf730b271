{#-
  The one list of the columns of our tables: name, type, and the version of the ledger that brought it.

  What makes, grows, fills or reads the tables takes the columns from here. A new column is a line at the end of its
  table, with a version that is one more than the highest here: the highest is the version of the ledger that this
  package works with. A ledger that was made before gets the column when it is next written to, and its rows hold null
  in it.

  Version 0 is what was there before versions were told apart, and 1 is the ledger of the first release. Neither has
  a table `versions`.

  Names that are reserved words in some warehouse may not be used.
-#}
{% macro columns(table) -%}
  {%- set text, moment = intercom_activate.text_type(), intercom_activate.timestamp_type() -%}
  {%- set count, number = intercom_activate.bigint_type(), intercom_activate.integer_type() -%}
  {%- set all = {
    'ledger': [
      ('run_id', text, 0), ('project', text, 0), ('workspace', text, 0), ('workspace_name', text, 0),
      ('activation', text, 0), ('object_type', text, 0), ('record_key', text, 0), ('identifier', text, 0),
      ('identifier_value', text, 0), ('related_value', text, 0), ('related_id', text, 0), ('record_hash', text, 0),
      ('payload_hash', text, 0), ('operation', text, 0), ('status', text, 0), ('code', text, 0), ('message', text, 0),
      ('intercom_id', text, 0), ('http_status', number, 0), ('request_id', text, 0),
      ('delivered_at', moment, 0),
      ('origin', text, 1),
      ('generation', count, 2), ('place', count, 2), ('attempted_at', moment, 2),
      ('payload', text, 3),
    ],
    'runs': [
      ('run_id', text, 0), ('project', text, 0), ('workspace', text, 0), ('workspace_name', text, 0),
      ('activation', text, 0), ('status', text, 0),
      ('row_count', count, 0), ('unchanged', count, 0), ('inserted', count, 0), ('updated', count, 0),
      ('archived', count, 0), ('deleted', count, 0), ('attached', count, 0), ('detached', count, 0), ('sent', count, 0),
      ('failed', count, 0), ('pending', count, 0), ('unarchived', count, 0), ('removed', count, 0), ('held', count, 0),
      ('api_calls', count, 0), ('started_at', moment, 0), ('finished_at', moment, 0),
      ('generation', count, 2),
      ('failed_unwarned', count, 3), ('run_state', text, 3),
    ],
    'locks': [
      ('run_id', text, 0), ('project', text, 0), ('host', text, 0), ('pid', count, 0), ('lock_state', text, 0),
      ('seen_at', moment, 0),
      ('process_space', text, 1),
      ('generation', count, 2),
    ],
    'versions': [
      ('ledger_version', count, 0), ('program', text, 0), ('recorded_at', moment, 0),
    ],
    'plans': [
      ('plan_id', text, 3), ('project', text, 3), ('plan_state', text, 3), ('run_id', text, 3), ('stage_count', count, 3),
      ('noted_at', moment, 3),
    ],
  } -%}
  {{ return(all[table]) }}
{%- endmacro %}
