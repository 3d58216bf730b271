"""Tags on companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags/createtag
"""

from __future__ import annotations

from dbt_intercom_activate.objects.tags import identifying, tag_object

COMPANY_TAG = tag_object(
    "company_tag", identifying("company_id"), identifying("id"), identity=("company", "company_tag")
)
