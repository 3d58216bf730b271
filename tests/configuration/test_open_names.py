"""Names of an event's metadata: what Intercom takes is right, and the rest is a mistake when dbt parses."""

from __future__ import annotations

import pytest

EVENT = "object: event\nbehaviour: send\nidentifier: external_id\n"
MAPPED = "external_id: a, event_name: b, created_at: c"
HELP = "https://www.intercom.com/help/en/articles/175-set-up-event-tracking-in-intercom"


def block(fields, more=""):
    return f"{EVENT}fields: {{{MAPPED}, {fields}}}\n{more}"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(block("metadata.price.amount: d, metadata.price.currency: e"), id="an amount of money"),
        pytest.param(block("metadata.order.url: d, metadata.order.value: e"), id="a link with its text"),
        pytest.param(
            block("metadata.price.amount: d", "constants: {metadata.price.currency: usd}"), id="one currency"
        ),
        pytest.param(
            block("metadata.amount: d, metadata.order date: e, metadata.größe-2: f"), id="plain names"
        ),
        pytest.param(
            block(", ".join(f"metadata.n{number}: n{number}" for number in range(20))), id="twenty names"
        ),
    ],
)
def test_what_intercom_takes(written, activate, one_model):
    assert activate(one_model(written))["customers"].enabled


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param(
            block("metadata.price.amount: d"),
            "fields.metadata.price.amount: expected `metadata.price.currency` to be mapped too, found "
            "`metadata.price.amount` without it. Intercom takes amount and currency together only",
            id="an amount without a currency",
        ),
        pytest.param(
            block("metadata.order.value: d"),
            "fields.metadata.order.value: expected `metadata.order.url` to be mapped too, found "
            "`metadata.order.value` without it. Intercom takes url and value together only",
            id="a text without its link",
        ),
        pytest.param(
            block("metadata.order.id: d"),
            "fields.metadata.order.id: expected a field of `object: event` that Intercom lets one write, found "
            '"metadata.order.id". Intercom takes no nesting below a name but `.amount` with `.currency` or '
            "`.url` with `.value`",
            id="another nesting",
        ),
        pytest.param(
            block("metadata.price: d, metadata.price.amount: e, metadata.price.currency: f"),
            "fields.metadata.price.currency: expected one value below `metadata.price`, found `metadata.price`, "
            "`metadata.price.amount` and `metadata.price.currency`. Give each value a name of its own",
            id="a value and an amount of one name",
        ),
        pytest.param(
            block("metadata.it's $5: d"),
            f"fields.metadata.it's $5: expected a name without $ or ', which Intercom takes in none ({HELP}), "
            'found "it\'s $5". Choose another name',
            id="signs that no name may have",
        ),
        pytest.param(
            block("metadata.plan: d, metadata.Plan: e"),
            "fields.metadata.Plan: expected names that differ in more than upper and lower case, of which Intercom "
            'takes no notice, found "plan" and "Plan". Choose another name',
            id="names that differ in case only",
        ),
        pytest.param(
            block(", ".join(f"metadata.n{number}: n{number}" for number in range(21))),
            f"fields: expected at most 20 names below `metadata.`, which is what Intercom takes ({HELP}), found 21. "
            "Leave out those that are needed least",
            id="more than twenty names",
        ),
        pytest.param(
            block("metadata.price.amount: d", "constants: {metadata.price.currency: dollars}"),
            "constants.metadata.price.currency: expected a currency's code of three letters, such as usd, found "
            '"dollars"',
            id="a currency that is none",
        ),
    ],
)
def test_what_intercom_does_not_take(written, message, mistakes_in, one_model):
    assert [each.split("meta.intercom.", 1)[1] for each in mistakes_in(one_model(written))] == [message]
