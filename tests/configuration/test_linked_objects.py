"""Tags, memberships, events and removals: what `meta` may say of them."""

from __future__ import annotations

import pytest

TAG = "object: contact_tag\nbehaviour: attach\nidentifier: external_id\n"
MEMBERSHIP = "object: contact_company\nbehaviour: attach\n"
COMPANY = "object: company\nbehaviour: upsert\nidentifier: company_id\n"
EVENT = "object: event\nbehaviour: send\nidentifier: external_id\n"


@pytest.mark.parametrize(
    "block",
    [
        TAG + "fields: {external_id: a, tag: b}\nremoved: detach",
        TAG + "fields: {external_id: a}\nconstants: {tag: VIP}",
        "object: conversation_tag\nbehaviour: detach\nidentifier: id\nfields: {id: a, tag: b, admin_id: c}",
        MEMBERSHIP + "fields: {contact.external_id: a, company.company_id: b}",
        EVENT + "fields: {external_id: a, event_name: b, created_at: c, metadata.plan: d}",
        "object: contact\nbehaviour: archive\nidentifier: email\nfields: {email: a}\nconstants: {role: user}",
        "object: contact\nbehaviour: delete\nidentifier: id\nfields: {id: a}",
        COMPANY + "fields: {company_id: a}\nremoved: delete\ncreate_attributes: true",
    ],
)
def test_what_the_design_allows(block, activate, one_model):
    assert activate(one_model(block))["customers"].enabled


@pytest.mark.parametrize(
    ("block", "message"),
    [
        pytest.param(
            TAG + "fields: {external_id: a}",
            "fields: expected `tag` to be mapped, found external_id",
            id="a tag has a name",
        ),
        pytest.param(
            TAG + "fields: {external_id: a, tag: b, name: c}",
            "fields.name: expected a field of `object: contact_tag` that Intercom lets one write, "
            'found "name"',
            id="a tag has no other fields",
        ),
        pytest.param(
            MEMBERSHIP + "identifier: id\nfields: {contact.id: a, company.id: b}",
            "identifier: expected no identifier for `object: contact_company` with `behaviour: attach`, "
            'found "id"',
            id="a membership has two identifiers of its own",
        ),
        pytest.param(
            MEMBERSHIP + "fields: {contact.id: a, contact.email: c, company.id: b}",
            "fields: expected one of contact.external_id, contact.email or contact.id, found contact.email "
            "and contact.id",
            id="a membership names its contact in one way",
        ),
        pytest.param(
            EVENT + "fields: {external_id: a, event_name: b}",
            "fields: expected `created_at` to be mapped, found external_id and event_name",
            id="an event has a time",
        ),
        pytest.param(
            "object: contact\nbehaviour: delete\nidentifier: email\nfields: {email: a}",
            'identifier: expected id for `object: contact` with `behaviour: delete`, found "email"',
            id="contacts are deleted by id only",
        ),
        pytest.param(
            "object: contact\nbehaviour: archive\nidentifier: email\nfields: {email: a, name: b}",
            "fields.name: expected a field that can be written with `behaviour: archive` and "
            '`identifier: email`, found "name". Leave the field out',
            id="an archived contact is not written to",
        ),
    ],
)
def test_what_it_does_not(block, message, mistakes_in, one_model):
    assert [
        each.split("meta.intercom.", 1)[1].split(". Did")[0] for each in mistakes_in(one_model(block))
    ] == [message]
