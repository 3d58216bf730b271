"""A local Intercom, in memory, to develop and test against.

It answers as Intercom's REST API 2.16 does for contacts, companies, tags, also those of conversations and
tickets, data attributes and events, oddities included: the 409 that names an existing contact, the search that
lags behind writes, the rate limit in windows of ten seconds. What Intercom's documentation leaves open is decided
here and said where it is decided. See https://developers.intercom.com/docs/references/rest-api/api.intercom.io.

`server.Sandbox` runs it in a thread, `server.serve` blocks. Beside Intercom's own paths it serves a control
surface under `/_sandbox/`, which counts against no limit (see `control`, and `browsers` for who may use it).
"""
