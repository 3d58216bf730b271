"""The attributes that a workspace knows, standard and custom.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/data_attribute
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_intercom_activate.intercom.api import Request, items_of, of_kind

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer, JsonValue


@dataclass(frozen=True, slots=True)
class DataAttribute:
    """An attribute of contacts or companies."""

    name: str
    full_name: str
    """As fields are named here: `email`, `custom_attributes.plan`."""
    model: str
    """`contact` or `company`."""
    data_type: str
    """`string`, `integer`, `float`, `boolean` or `date`. A list reads back as `string` with options."""
    api_writable: bool
    archived: bool
    custom: bool
    options: tuple[str, ...] = ()
    """The values of a list."""


def list_data_attributes(model: str, *, include_archived: bool = True) -> Request:
    """List the attributes of a model, `contact` or `company`, in one page.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/lisdataattributes
    """
    query = [("model", model)]
    if include_archived:
        query.append(("include_archived", "true"))
    return Request.to(
        "GET",
        "/data_attributes",
        query=tuple(query),
        expects=lambda answer: _lists_attributes(answer, model),
    )


def read_data_attributes(answer: Answer) -> list[DataAttribute]:
    """Read the attributes listed in an answer."""
    data = answer.body.get("data") if answer.ok and isinstance(answer.body, dict) else None
    found = [_data_attribute(each) for each in data] if isinstance(data, list) else []
    return [attribute for attribute in found if attribute is not None]


def create_data_attribute(model: str, name: str, data_type: str) -> Request:
    """Create a custom attribute. Neither its name nor its type can be changed later.

    Names are unique among contacts and companies together: a name that is taken is answered with 400
    "You already have 'plan' in your people data.", and so is a second attempt of the same request.

    https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/createdataattribute

    Args:
        model: `contact` or `company`.
        name: Letters, digits, spaces, hyphens, underscores and currency symbols; at most 190 of them.
        data_type: `string`, `integer`, `float`, `boolean`, `datetime` or `date`.
    """
    body = {"name": name, "model": model, "data_type": data_type}
    return Request.to(
        "POST",
        "/data_attributes",
        body=body,
        expects=lambda answer: is_attribute(answer.body, model) and _is_named(answer, name),
    )


def read_data_attribute(answer: Answer) -> DataAttribute | None:
    """Read the one attribute of an answer; None when it holds none."""
    return _data_attribute(answer.body) if answer.ok else None


def is_attribute(item: JsonValue, model: str | None = None) -> bool:
    """Whether an item is an attribute, of this model where one is given."""
    attribute = _data_attribute(item) if of_kind(item, "data_attribute") else None
    return attribute is not None and model in (None, attribute.model)


def _is_named(answer: Answer, name: str) -> bool:
    attribute = _data_attribute(answer.body)
    return attribute is not None and attribute.name.strip() == name.strip()


def _lists_attributes(answer: Answer, model: str) -> bool:
    items = items_of(answer)
    return items is not None and all(is_attribute(each, model) for each in items)


def _data_attribute(item: JsonValue) -> DataAttribute | None:
    if not isinstance(item, dict):
        return None
    name, full_name = _text(item.get("name")), _text(item.get("full_name"))
    if not name:
        return None
    custom = item.get("custom") is True
    return DataAttribute(
        name=name,
        full_name=full_name or (f"custom_attributes.{name}" if custom else name),
        model=_text(item.get("model")),
        data_type=_text(item.get("data_type")),
        api_writable=item.get("api_writable") is True,
        archived=item.get("archived") is True,
        custom=custom,
        options=_options(item.get("options")),
    )


def _options(items: JsonValue) -> tuple[str, ...]:
    """Read options, which are written as `[{"value": "1-10"}]` and read back as `["1-10"]`."""
    if not isinstance(items, list):
        return ()
    values = [each.get("value") if isinstance(each, dict) else each for each in items]
    return tuple(value for value in values if isinstance(value, str))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
