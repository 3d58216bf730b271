"""Which activations the user selected, and what dbt is asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from dbt_intercom_activate.configuration.selection import Selection, choose, for_dbt


@dataclass(frozen=True)
class Node:
    """What selection reads of a node."""

    name: str
    unique_id: str
    fqn: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """What selection reads of an activation."""

    name: str
    node: Node = field(repr=False)


def an_activation(name: str, model: str, *folders: str) -> Chosen:
    return Chosen(name, Node(model, f"model.shop.{model}", ("shop", *folders, model)))


ACTIVATIONS = (
    an_activation("companies", "accounts", "marts"),
    an_activation("people", "customers", "marts"),
    an_activation("leads", "customers", "marts"),
    an_activation("marts", "marts", "other"),
)


def names(selection, answers=None):
    asked = []

    def ask_dbt(wanted):
        asked.append(wanted)
        return frozenset((answers or {}).get(" ".join(wanted.select) or wanted.selector, ()))

    return [each.name for each in choose(ACTIVATIONS, selection, ask_dbt)], asked


@pytest.mark.parametrize(
    ("select", "exclude", "expected"),
    [
        ((), (), ["companies", "people", "leads", "marts"]),
        (("activation:people",), (), ["people"]),
        (("activation:*e*",), (), ["companies", "people", "leads"]),
        (("activation:People",), (), []),
        (("customers",), (), ["people", "leads"]),
        (("customers", "accounts"), (), ["companies", "people", "leads"]),
        (("customers accounts",), (), ["companies", "people", "leads"]),
        (("customers,activation:leads",), (), ["leads"]),
        (("customers,accounts",), (), []),
        ((), ("customers",), ["companies", "marts"]),
        (("customers",), ("activation:leads",), ["people"]),
    ],
    ids=repr,
)
def test_what_needs_no_dbt_is_answered_here(select, exclude, expected):
    chosen, asked = names(Selection(select=select, exclude=exclude))
    assert chosen == expected
    assert asked == []


@pytest.mark.parametrize("token", ["tag:vip", "+customers", "marts", "path:models", "cust*", "customers.v2"])
def test_what_dbt_has_to_answer_is_asked(token):
    chosen, asked = names(Selection(select=(token,), state="prod"), {token: ["model.shop.customers"]})
    assert chosen == ["people", "leads"]
    assert [(each.select, each.state) for each in asked] == [((token,), "prod")]


def test_a_bare_name_of_an_activation_is_taken_for_it():
    chosen, asked = names(Selection(select=("people",)))
    assert (chosen, len(asked)) == (["people"], 1)


@pytest.mark.parametrize(
    ("token", "advice"),
    [
        ("peple", ". Did you mean `activation:people`?"),
        ("customer", ". Did you mean `customers`?"),
        ("activation:companyz", ". Did you mean `activation:companies`?"),
        ("tag:vip", ""),
    ],
)
def test_what_matches_nothing_is_said(token, advice):
    said = []
    selection = Selection(select=(token, "accounts"))
    chosen = choose(ACTIVATIONS, selection, lambda _: frozenset(), said.append)

    assert [each.name for each in chosen] == ["companies"]
    assert said == [f"the selection criterion {token!r} does not match any activation{advice}"]


def test_a_part_of_an_intersection_is_asked_alone():
    chosen, asked = names(
        Selection(select=("tag:vip,activation:leads",)), {"tag:vip": ["model.shop.customers"]}
    )
    assert chosen == ["leads"]
    assert [each.select for each in asked] == [("tag:vip",)]


def test_a_selector_narrows_too():
    chosen, _ = names(Selection(selector="nightly"), {"nightly": ["model.shop.accounts"]})
    assert chosen == ["companies"]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["activation:people"], ("customers",)),
        (["activation:*e*"], ("accounts", "customers")),
        (["tag:vip", "activation:companies"], ("tag:vip", "accounts")),
        (["activation:people,tag:vip"], ("customers,tag:vip",)),
        (["tag:vip,activation:people"], ("tag:vip,customers",)),
        (["activation:*e*,tag:vip"], ("accounts,tag:vip", "customers,tag:vip")),
        (["tag:vip,activation:*e*"], ("tag:vip,accounts", "tag:vip,customers")),
    ],
    ids=repr,
)
def test_dbt_is_told_models_where_activations_were_named(tokens, expected):
    assert for_dbt(tokens, ACTIVATIONS) == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["people"], ("customers",)),
        (["people,tag:vip"], ("customers,tag:vip",)),
        (["marts"], ("marts",)),
        (["orders"], ("orders",)),
        (["+people"], ("+people",)),
    ],
    ids=repr,
)
def test_dbt_is_told_the_model_of_a_bare_name(tokens, expected):
    assert for_dbt(tokens, ACTIVATIONS, [each.node for each in ACTIVATIONS]) == expected
