"""The block of every object, behaviour and identifier, as a user would write it, and the columns that they map."""

from __future__ import annotations

import itertools
from typing import Any

from dbt_intercom_activate.objects import OBJECTS

COLUMNS = (
    "k text, external_id text, email text, intercom_id text, company_id text, company_intercom_id text, "
    "item_id text, tag text, event_name text, admin_id text, name text, moment bigint"
)

ITEMS = {"conversation_tag": "501", "ticket_tag": "701"}
"""What is tagged in the name of an admin, and one that the sandbox has."""


def every_combination() -> list[str]:
    """Object, behaviour and identifier, from what the objects say of themselves."""
    found = []
    for each in OBJECTS.values():
        for behaviour, terms in each.behaviours.items():
            if each.identifier_prefix:
                sides = [[name.partition(".")[2] for name in group] for group in each.one_of]
                identifiers = ["+".join(pair) for pair in itertools.product(*sides)]
            else:
                identifiers = list(terms.identifiers)
                if not terms.identifier_required and terms.default_identifier is None:
                    identifiers.append("none")
            found += [f"{each.name} {behaviour} {identifier}" for identifier in identifiers]
    return found


CONTACT = {"external_id": "external_id", "email": "email", "id": "intercom_id"}
COMPANY = {"company_id": "company_id", "id": "company_intercom_id"}


def block(combination: str) -> dict[str, Any]:
    """The `intercom` block of a combination."""
    name, behaviour, identifier = combination.split()
    written: dict[str, Any] = {"object": name, "behaviour": behaviour, "name": "people"}
    if name == "contact_company":
        contact, company = identifier.split("+")
        fields = {f"contact.{contact}": CONTACT[contact], f"company.{company}": COMPANY[company]}
        return {**written, "fields": fields}
    if identifier != "none":
        written["identifier"] = identifier
    return {**written, **_details(name, behaviour, identifier)}


def _details(name: str, behaviour: str, identifier: str) -> dict[str, Any]:
    if name == "contact":
        return _contact(behaviour, identifier)
    if name == "company":
        return _company(behaviour, identifier)
    if name == "event":
        fields = {
            identifier: CONTACT[identifier],
            "event_name": "event_name",
            "created_at": "moment",
            "metadata.name": "name",
        }
        return {"fields": fields}
    if name in ITEMS:
        return {"fields": {"id": "item_id", "tag": "tag", "admin_id": "admin_id"}}
    columns = CONTACT if name == "contact_tag" else COMPANY
    return {"fields": {identifier: columns[identifier], "tag": "tag"}}


def _contact(behaviour: str, identifier: str) -> dict[str, Any]:
    if behaviour in ("delete", "archive"):
        return {"fields": {identifier: CONTACT[identifier]}}
    fields = {
        "external_id": {"external_id": "external_id"},
        "email": {"email": "email"},
        "id": {"id": "intercom_id", "external_id": "external_id"},
        "none": {"email": "email"},
    }[identifier]
    details: dict[str, Any] = {"fields": {**fields, "name": "name", "signed_up_at": "moment"}}
    if (behaviour, identifier) in (("upsert", "id"), ("insert", "none")):
        details["key"] = ["k"]
    return details


def _company(behaviour: str, identifier: str) -> dict[str, Any]:
    if behaviour == "delete":
        return {"fields": {"id": "company_intercom_id"}}
    fields = {identifier: COMPANY[identifier], "name": "name", "monthly_spend": "moment"}
    if (behaviour, identifier) == ("upsert", "id"):
        return {"fields": {**fields, "company_id": "company_id"}, "key": ["k"]}
    return {"fields": fields}
