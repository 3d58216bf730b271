"""List, create and update data attributes.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import COUNT, FLAG, TEXT, YES_OR_NO, Kind, one_of, worded
from dbt_intercom_activate.sandbox.parameters import takes
from dbt_intercom_activate.sandbox.standard_attributes import STANDARD
from dbt_intercom_activate.sandbox.state import FIRST_ADMIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dbt_intercom_activate.sandbox.records import Attribute
    from dbt_intercom_activate.sandbox.state import SandboxState

MODELS = ("contact", "company")
DATA_TYPES = ("string", "integer", "float", "boolean", "datetime", "date", "options")
PEOPLE = {"contact": "people", "company": "company"}
LONGEST_NAME = 190
BAD_MODEL = "The Data Attribute model field must be either contact or company"
BAD_NAME = (
    "Your name for this attribute must only contain alphanumeric characters, currency symbols, and hyphens"
)
BAD_TYPE = "Data Type isn't an option"


def _are_options(value: Any) -> bool:
    return isinstance(value, list) and all(
        TEXT.holds(item.get("value") if isinstance(item, dict) else item) for item in value
    )


CHANGEABLE = {
    "description": TEXT,
    "messenger_writable": FLAG,
    "options": Kind("an array of options", _are_options, nullable=False, message="Options isn't an array"),
}
FIELDS = {
    **CHANGEABLE,
    "model": worded(TEXT, BAD_MODEL),
    "name": worded(TEXT, BAD_NAME),
    "data_type": worded(TEXT, BAD_TYPE),
}


@takes(query={"model": one_of(*MODELS, "conversation"), "include_archived": YES_OR_NO})
def list_attributes(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /data_attributes: all of them at once, standard ones first."""
    model = call.query.get("model")
    if model == "conversation" and not call.before_2_16():
        raise errors.IntercomError(
            422,
            "parameter_invalid",
            "model=conversation is no longer supported. Use GET /conversations/attributes instead",
        )
    archived_too = call.query.get("include_archived") == "true"
    custom = [_body(a) for a in state.attributes.values() if archived_too or not a.archived]
    data = [a for a in (*STANDARD, *custom) if model in (None, a["model"])]
    return ok({"type": "list", "data": data})


@takes(FIELDS)
def create(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /data_attributes."""
    model, name = call.body.get("model"), call.body.get("name")
    if model not in MODELS:
        raise errors.parameter_invalid(BAD_MODEL)
    if not name or not _nameable(name):
        raise errors.parameter_invalid(BAD_NAME)
    _refuse_taken(state, model, name)
    options = _options(call.body["options"]) if "options" in call.body else None
    data_type = call.body.get("data_type", "options" if options else None)
    if data_type not in DATA_TYPES:
        raise errors.parameter_invalid(BAD_TYPE)
    if data_type == "options" and (options is None or len(options) < 2):
        raise errors.parameter_invalid("You must have at least two options on a list type data attribute")
    attribute = state.add_attribute(model, name, _read_back(data_type), options)
    attribute = replace(
        attribute,
        description=call.body.get("description"),
        messenger_writable=call.body.get("messenger_writable") is True,
    )
    return ok(_body(state.put_attribute(attribute)))


@takes({**CHANGEABLE, "archived": FLAG})
def update(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """PUT /data_attributes/{data_attribute_id}: neither name nor type can be changed."""
    key = call.path["data_attribute_id"]
    attribute = state.attributes.get(int(key)) if COUNT.holds(key) else None
    if attribute is None:
        raise errors.IntercomError(404, "field_not_found", "We couldn't find that data attribute to update")
    body = call.body
    if body.get("archived") is True and attribute.name in state.attributes_with_dependents:
        raise errors.IntercomError(
            422, "data_invalid", "The Data Attribute you are trying to archive has a dependant object"
        )
    changed = replace(
        attribute,
        archived=bool(body.get("archived", attribute.archived)),
        description=body.get("description", attribute.description),
        options=_options(body["options"]) if "options" in body else attribute.options,
        messenger_writable=bool(body.get("messenger_writable", attribute.messenger_writable)),
        updated_at=state.now(),
    )
    return ok(_body(state.put_attribute(changed)))


def _read_back(data_type: str) -> str:
    """What a type is called afterwards: a list reads back as a string that has options (recorded)."""
    return {"options": "string", "datetime": "date"}.get(data_type, data_type)


def _options(given: Sequence[str | Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else item["value"] for item in given)


def _nameable(name: str) -> bool:
    """Spaces and underscores are not named in Intercom's message, and taken all the same."""
    plain = re.sub(r"[\w \-]", "", name)
    return 0 < len(name) <= LONGEST_NAME and all(unicodedata.category(char) == "Sc" for char in plain)


def _refuse_taken(state: SandboxState, model: str, name: str) -> None:
    """A name may be taken once only, by people and companies together."""
    for other in MODELS:
        if state.attribute_named(other, name) is not None:
            raise errors.parameter_invalid(
                f"You already have '{name}' in your {PEOPLE[other]} data. "
                f"To save this as new {PEOPLE[model]} data, use a different name."
            )
    if any(a["model"] == model and a["name"].lower() == name.lower() for a in STANDARD):
        raise errors.parameter_invalid(
            f"'{name}' is one of our standard attributes for your {PEOPLE[model]} data. "
            f"To save this as new {PEOPLE[model]} data, use a different name."
        )


def _body(attribute: Attribute) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": attribute.id,
        "type": "data_attribute",
        "name": attribute.name,
        "full_name": f"custom_attributes.{attribute.name}",
        "label": attribute.name,
        "data_type": attribute.data_type,
        "api_writable": attribute.api_writable,
        "ui_writable": False,
        "messenger_writable": attribute.messenger_writable,
        "custom": True,
        "archived": attribute.archived,
        "admin_id": FIRST_ADMIN,
        "created_at": attribute.created_at,
        "updated_at": attribute.updated_at,
        "model": attribute.model,
    }
    if attribute.description is not None:
        body["description"] = attribute.description
    if attribute.options is not None:
        body["options"] = list(attribute.options)
    return body
