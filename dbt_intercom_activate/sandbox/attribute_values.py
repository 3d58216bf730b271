"""What may stand in `custom_attributes`, for contacts and companies alike.

Since API 2.0 an attribute must exist before it can be written, and one bad key fails the whole write:
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_intercom_activate.sandbox.records import Attribute
    from dbt_intercom_activate.sandbox.state import SandboxState

LONGEST_TEXT = 255


def merged(
    state: SandboxState, model: str, current: Mapping[str, Any], given: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """The attributes after a write: merged key by key, a null kept as an explicit null."""
    if given is None:
        return current
    return {**current, **{name: _checked(state, model, name, value) for name, value in given.items()}}


def _checked(state: SandboxState, model: str, name: str, value: Any) -> Any:
    attribute = state.attribute_named(model, name)
    # Writing an archived attribute is undocumented; here it is gone.
    if attribute is None or attribute.archived:
        raise errors.parameter_invalid(f"Custom attribute '{name}' does not exist")
    if not attribute.api_writable:
        raise errors.parameter_invalid(f"Custom attribute '{name}' is not writable")
    if value is None:
        return None
    if not _fits(attribute, value):
        # Intercom's own wording of a type mismatch is not documented.
        raise errors.parameter_invalid(f"Custom attribute '{name}' must be of type {attribute.data_type}")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise errors.parameter_invalid(f"Custom attribute '{name}' is longer than {LONGEST_TEXT} characters")
    if state.options_are_strict and attribute.options is not None and value not in attribute.options:
        raise errors.parameter_invalid(f"Custom attribute '{name}' has no option '{value}'")
    return int(value) if attribute.data_type in ("integer", "date") else value


def _fits(attribute: Attribute, value: Any) -> bool:
    if isinstance(value, bool):
        return attribute.data_type == "boolean"
    match attribute.data_type:
        case "string" | "options":
            return isinstance(value, str)
        case "integer" | "date" | "datetime":
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        case "float":
            return isinstance(value, int | float)
    return False
