"""What a project's `meta` means where it is right, and mistakes that need more than one block."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbt_intercom_activate.configuration.activation import (
    Archived,
    AtMost,
    Gate,
    Nulls,
    Removed,
    activations_of,
)
from dbt_intercom_activate.errors import ConfigurationError
from dbt_intercom_activate.objects import OBJECTS, Behaviour
from dbt_intercom_activate.project import manifest as manifests

CONTACT = "object: contact\nbehaviour: upsert\nidentifier: external_id\nfields: {external_id: customer_id}\n"


def test_a_short_block_gets_the_documented_defaults(activate, one_model):
    activation = activate(one_model(CONTACT))["customers"]

    assert OBJECTS["contact"] is activation.object
    assert Behaviour.UPSERT is activation.behaviour
    assert activation.fields == {"external_id": "customer_id"}
    assert (activation.constants, activation.key, activation.workspace) == ({}, (), None)
    assert (
        activation.nulls,
        activation.removed,
        activation.archived,
        activation.gate,
    ) == (Nulls.SEND, Removed.IGNORE, Archived.FAIL, Gate.MODEL)
    assert (AtMost(percent=10.0), frozenset()) == (activation.max_removed, activation.warn)
    assert (activation.enabled, activation.create_attributes) == (True, False)


def test_a_full_block_is_taken_as_written(activate, one_model):
    activation = activate(
        one_model("""
object: contact
behavior: insert
fields: {email: mail, custom_attributes.plan: "Plan Name"}
constants: {role: lead, owner_id: 780, signed_up_at: 2024-05-31, custom_attributes.vip: true, phone: null}
name: leads
workspace: production
key: [Row_Id, part]
nulls: skip
max_removed: 250
archived: fail
gate: parents
warn: [not_found, archived]
enabled: false
""")
    )["leads"]

    assert Behaviour.INSERT is activation.behaviour
    assert activation.identifier is None
    assert activation.fields == {"email": "mail", "custom_attributes.plan": "Plan Name"}
    assert (activation.workspace, activation.key) == ("production", ("Row_Id", "part"))
    assert (
        activation.nulls,
        activation.archived,
        activation.gate,
    ) == (Nulls.SKIP, Archived.FAIL, Gate.PARENTS)
    assert (AtMost(count=250), {"not_found", "archived"}) == (activation.max_removed, activation.warn)
    assert not activation.enabled


def test_constants_are_kept_as_they_are_sent(activate, one_model):
    constants = (
        "{owner_id: 780, signed_up_at: '2024-05-31T00:00:00Z', custom_attributes.vip: true, phone: null}"
    )

    activation = activate(one_model(CONTACT + f"constants: {constants}"))["customers"]

    assert activation.constants == {
        "owner_id": "780",
        "signed_up_at": 1717113600,
        "custom_attributes.vip": True,
        "phone": None,
    }


def test_a_company_is_inserted_by_company_id_without_saying_so(activate, one_model):
    block = "object: company\nbehaviour: insert\nfields: {company_id: a}"

    assert activate(one_model(block))["customers"].identifier == "company_id"


def test_columns_can_name_their_own_fields(activate):
    activations = activate("""
models:
  - name: customers
    config:
      meta:
        intercom: {object: contact, behaviour: upsert, identifier: external_id}
    columns:
      - {name: customer_id, config: {meta: {intercom: external_id}}}
      - {name: LTV, meta: {intercom: custom_attributes.lifetime_value}}
""")

    assert activations["customers"].fields == {
        "external_id": "customer_id",
        "custom_attributes.lifetime_value": "LTV",
    }


def test_columns_name_the_activation_where_there_are_several(activate):
    activations = activate("""
models:
  - name: customers
    config:
      meta:
        intercom:
          - {name: people, object: contact, behaviour: upsert, identifier: email, fields: {email: email}}
          - {name: firms, object: company, behaviour: upsert, identifier: company_id, fields: {company_id: c}}
    columns:
      - {name: plan, config: {meta: {intercom: {people: custom_attributes.plan, firms: plan}}}}
""")

    assert activations["people"].fields["custom_attributes.plan"] == "plan"
    assert activations["firms"].fields["plan"] == "plan"


VERSIONED = """
models:
  - name: customers
    config:
      meta:
        intercom: {object: contact, behaviour: update, identifier: id, fields: {id: a, name: b}NAME}
    versions: VERSIONS
"""


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        pytest.param("[{v: 1}, {v: 2}]", {"customers_v2": True}, id="no version says anything"),
        pytest.param(
            "[{v: 1, config: {meta: {intercom: {nulls: skip}}}}, {v: 2}]",
            {"customers_v1": True, "customers_v2": True},
            id="the older says something",
        ),
        pytest.param(
            "[{v: 1}, {v: 2, config: {meta: {intercom: {nulls: skip}}}}]",
            {"customers_v1": True, "customers_v2": True},
            id="the latest says something else than its model",
        ),
        pytest.param(
            "[{v: 1, config: {meta: {intercom: {}}}}, {v: 2}]", {"customers_v2": True}, id="an empty mapping"
        ),
        pytest.param(
            "[{v: 1, config: {meta: {intercom: null}}}, {v: 2}]",
            {"customers_v2": True},
            id="the older is off",
        ),
        pytest.param("[{v: 1}, {v: 2, config: {meta: {intercom: null}}}]", {}, id="the latest is off"),
        pytest.param(
            "[{v: 1, config: {meta: {intercom: {enabled: false}}}}, {v: 2}]",
            {"customers_v1": False, "customers_v2": True},
            id="the older is not enabled",
        ),
        pytest.param(
            "[{v: 1}, {v: 2}]\n    latest_version: 1", {"customers_v1": True}, id="the first is the latest"
        ),
    ],
)
def test_the_meta_of_a_versioned_model_means_its_latest(versions, expected, activate):
    activations = activate(VERSIONED.replace("VERSIONS", versions).replace("NAME", ""))

    assert {name: each.enabled for name, each in activations.items()} == expected


@pytest.mark.parametrize(
    "versions",
    [
        "[{v: 1}, {v: 2}]",
        "[{v: 1, config: {meta: {intercom: null}}}, {v: 2}]",
        "[{v: 1, config: {meta: {intercom: {}}}}, {v: 2}]",
        "[{v: 1, config: {meta: {intercom: {enabled: false}}}}, {v: 2}]",
    ],
)
def test_a_named_activation_of_a_versioned_model_is_one(versions, activate):
    activations = activate(VERSIONED.replace("VERSIONS", versions).replace("NAME", ", name: people"))

    assert activations["people"].node.label == "customers.v2"
    assert activations["people"].enabled


def test_a_disabled_activation_holds_no_name(activate):
    block = "object: contact, behaviour: update, identifier: id, fields: {id: a, name: b}, name: people"
    activations = activate(f"""
models:
  - {{name: one, config: {{meta: {{intercom: {{{block}, enabled: false}}}}}}}}
  - {{name: two, config: {{meta: {{intercom: {{{block}}}}}}}}}
""")

    assert [each.node.name for each in activations.values()] == ["two"]


def test_null_switches_off_what_is_inherited(activate):
    activations = activate("""
models:
  - name: customers
    config:
      meta: {intercom: null, intercom_defaults: null, owner: sales}
    columns:
      - {name: plan, config: {meta: {intercom: custom_attributes.plan}}}
  - name: people
    config:
      meta:
        intercom: {object: contact, behaviour: update, identifier: id, fields: {id: a, name: b}}
    columns:
      - {name: plan, config: {meta: {intercom: null}}}
""")

    assert {name: dict(each.fields) for name, each in activations.items()} == {
        "people": {"id": "a", "name": "b"}
    }


def test_a_column_that_repeats_its_model_names_no_field(activate):
    block = "{object: contact, behaviour: update, identifier: id, fields: {id: a, name: b}}"
    activations = activate(f"""
models:
  - name: people
    config: {{meta: {{intercom: {block}}}}}
    columns:
      - {{name: plan, config: {{meta: {{intercom: {block}}}}}}}
""")

    assert dict(activations["people"].fields) == {"id": "a", "name": "b"}


@pytest.mark.parametrize("kind", ["seeds", "snapshots"])
def test_seeds_and_snapshots_carry_activations(kind, activate, one_model):
    assert "customers" in activate(one_model(CONTACT).replace("models:", f"{kind}:"))


DEFAULTS = """
models:
  - name: customers
    config:
      meta:
        intercom_defaults: {defaults}
        intercom: {block}
"""


@pytest.mark.parametrize(
    ("defaults", "block", "expected"),
    [
        pytest.param(
            "{nulls: skip, warn: [archived]}",
            "{warn: [merged]}",
            {"nulls": Nulls.SKIP, "warn": {"merged"}},
            id="other keys are replaced whole",
        ),
        pytest.param(
            "{fields: {email: mail, name: full_name}}",
            "{fields: {name: nickname, external_id: id}}",
            {"fields": {"external_id": "id", "name": "nickname", "email": "mail"}},
            id="fields merge one by one",
        ),
        pytest.param(
            "{fields: {name: n}, constants: {role: user}}",
            "{fields: {role: r, external_id: id}, constants: {name: N}}",
            {"fields": {"role": "r", "external_id": "id"}, "constants": {"name": "N"}},
            id="an own constant replaces an inherited column, and the other way round",
        ),
        pytest.param(
            "{fields: {company_id: c, monthly_spend: m}, constants: {tag: VIP}, identifier: company_id}",
            "{fields: {external_id: id}}",
            {"fields": {"external_id": "id"}, "constants": {}, "identifier": "external_id"},
            id="what the object does not have is ignored",
        ),
        pytest.param(
            "{removed: detach, archived: unarchive}",
            "{object: company, identifier: company_id, fields: {company_id: id}}",
            {"removed": Removed.IGNORE, "archived": Archived.FAIL},
            id="what the object does not allow is ignored",
        ),
    ],
)
def test_defaults_reach_the_activations_below(defaults, block, expected, activate):
    whole = {"object": "contact", "behaviour": "upsert", "identifier": "external_id"}
    whole = (
        "{" + ", ".join(f"{key}: {value}" for key, value in whole.items() if f"{key}:" not in block) + ", "
    )
    fields = "" if "fields:" in block else "fields: {external_id: id}, "
    text = DEFAULTS.format(defaults=defaults, block=whole + fields + block[1:])

    activation = activate(text)["customers"]

    assert expected == {name: getattr(activation, name) for name in expected}


def test_defaults_can_give_all_but_the_name(activate):
    text = DEFAULTS.format(
        defaults="{object: company, behavior: upsert, identifier: company_id, fields: {company_id: c}}",
        block="{name: firms}",
    )

    assert OBJECTS["company"] is activate(text)["firms"].object


PROJECT_CASES = [
    pytest.param(
        DEFAULTS.format(defaults="{nulls: skip, fields: {emial: a}}", block="{object: contact}"),
        [
            (
                "meta.intercom_defaults.fields.emial: expected a field that Intercom lets one write, found "
                '"emial". '
                "Did you mean `email`?"
            ),
            "meta.intercom.behaviour: expected upsert, update, insert, delete or archive, found nothing",
        ],
        id="a default that no object has is a mistake",
    ),
    pytest.param(
        "models: [{name: a, config: {materialized: ephemeral, meta: {intercom: {object: contact}}}}]",
        [
            (
                "meta.intercom: expected a model with a relation in the warehouse, found "
                "`materialized: ephemeral`. Make the model a view or a table"
            )
        ],
        id="an ephemeral model has no relation",
    ),
    pytest.param(
        "sources: [{name: raw, tables: [{name: a, config: {meta: {intercom: {object: contact}}}}]}]",
        [
            (
                "meta.intercom: expected it on a model, seed or snapshot, found it on a source. "
                "Select the rows in a model, and put the activation there"
            )
        ],
        id="a source carries no activation",
    ),
    pytest.param(
        "models: [{name: a, config: {meta: {intercom: contact}}}]",
        ['meta.intercom: expected a mapping, or a list of mappings, found "contact"'],
        id="a block is a mapping",
    ),
    pytest.param(
        "models: [{name: a, config: {meta: {intercom: []}}}]",
        ["meta.intercom: expected a mapping, or a list of mappings, found an empty list"],
        id="an empty list says nothing",
    ),
    pytest.param(
        "models: [{name: a, columns: [{name: x, config: {meta: {intercom: email}}}]}]",
        [
            (
                "columns.x.meta.intercom: expected `meta: {intercom: …}` on the model as well, found it on "
                "the "
                "column only. Say there which object and behaviour the column belongs to"
            )
        ],
        id="a column alone is no activation",
    ),
    pytest.param(
        """
models:
  - name: a
    config: {meta: {intercom: {object: contact, behaviour: upsert, identifier: email, fields: {email: e}}}}
    columns:
      - {name: x, config: {meta: {intercom: email}}}
      - {name: y, config: {meta: {intercom: name}}}
      - {name: z, config: {meta: {intercom: name}}}
""",
        [
            (
                "columns.x.meta.intercom: expected `email` from one place, found it here, for column x, "
                "and from "
                "the activation itself. Keep one of them"
            ),
            (
                "columns.z.meta.intercom: expected `name` from one place, found it here, for column z, and "
                "from "
                "column y. Keep one of them"
            ),
        ],
        id="a field comes from one place",
    ),
    pytest.param(
        """
models:
  - name: a
    config:
      meta:
        intercom:
          - {name: one, object: contact, behaviour: upsert, identifier: email, fields: {email: e}}
          - {name: two, object: contact, behaviour: upsert, identifier: email, fields: {email: e}}
    columns:
      - {name: x, config: {meta: {intercom: name}}}
      - {name: y, config: {meta: {intercom: {on: phone, two: phone}}}}
""",
        [
            (
                "columns.x.meta.intercom: expected {one: …, two: …}, as there are several activations, "
                'found "name"'
            ),
            (
                "columns.y.meta.intercom.true: expected the name of an activation of this model: one or two, "
                'found "true"'
            ),
        ],
        id="a column says which activation it means",
    ),
    pytest.param(
        """
models:
  - name: a
    config: {meta: {intercom: {object: contact, behaviour: upsert, identifier: email, fields: {email: e}}}}
  - name: b
    config:
      meta: {intercom: {name: a, object: contact, behaviour: upsert, identifier: email, fields: {email: e}}}
""",
        [
            (
                'meta.intercom.name: expected a name that is unique in the project, found "a", which an '
                "activation of a has already. Give each activation a `name` of its own"
            )
        ],
        id="a name is unique in the project",
    ),
    pytest.param(
        "models: [{name: Customers, config: {meta: {intercom: {object: contact, behaviour: upsert, "
        "identifier: email, fields: {email: e}}}}}]",
        [
            (
                "meta.intercom: expected a name of 1 to 60 characters of a-z, 0-9 and _, found "
                '"Customers", the name of the model. Set `name`'
            )
        ],
        id="a model's name may be none for an activation",
    ),
    pytest.param(
        """
models:
  - name: a
    config: {meta: {intercom: {was: b, object: contact, behaviour: upsert, identifier: email, fields: {email: e}}}}
  - name: b
    config: {meta: {intercom: {was: B C, object: contact, behaviour: upsert, identifier: email, fields: {email: e}}}}
""",
        [
            (
                'meta.intercom.was: expected a name of nobody else, found "b", which an activation of b has. '
                "Write the name that this one had before it was renamed"
            ),
            (
                "meta.intercom.was: expected a name of 1 to 60 characters of a-z, 0-9 and _, or a list of names, "
                'found "B C"'
            ),
        ],
        id="a name of before is nobody else's",
    ),
    pytest.param(
        """
models:
  - name: a
    config:
      intercom: {object: contact, behaviour: upsert, identifier: email, fields: {email: e}}
""",
        [
            (
                "config.intercom: expected `meta` between them, found `intercom` below `config`. "
                "Write `config: {meta: {intercom: …}}`"
            )
        ],
        id="meta is forgotten above intercom",
    ),
    pytest.param(
        """
models:
  - name: a
    config:
      meta:
        intercomm: {object: contact, behaviour: upsert, identifier: email, fields: {email: e}}
        intercoms: {team: support}
""",
        ['meta.intercomm: expected `intercom`, found "intercomm". Did you mean `intercom`?'],
        id="the key is misspelt",
    ),
]


@pytest.mark.parametrize(("text", "messages"), PROJECT_CASES)
def test_a_mistake_in_a_project(text, messages, mistakes_in):
    assert messages == [message.split(": ", 2)[2] for message in mistakes_in(text)]


def test_a_mistake_found_later_names_the_line_of_its_setting(activate):
    activation = activate("""
models:
  - name: customers
    config:
      meta:
        intercom_defaults:
          fields:
            name: full_name
        intercom:
          object: contact
          behaviour: upsert
          identifier: external_id
          fields:
            external_id: customer_id
            custom_attributes.plan: plan
    columns:
      - name: ltv
        config:
          meta:
            intercom: custom_attributes.ltv
""")["customers"]
    wanted = {
        "fields.custom_attributes.plan": ":15: customers: meta.intercom.fields.custom_attributes.plan",
        "fields.custom_attributes.ltv": ":20: customers: columns.ltv.meta.intercom",
        "fields.name": ":8: customers: meta.intercom_defaults.fields.name",
        "identifier": ":12: customers: meta.intercom.identifier",
        "workspace": ":9: customers: meta.intercom.workspace",
    }

    found = {tail: str(activation.mistake(tail, expected="x", found="y")) for tail in wanted}

    assert {tail: f"models/schema.yml{place}: expected x, found y" for tail, place in wanted.items()} == found


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KNOWN = {
    "object": st.sampled_from([*OBJECTS]) | JUNK,
    "behaviour": st.sampled_from([*Behaviour]) | JUNK,
    "identifier": st.sampled_from(["id", "email", "external_id", "company_id"]) | JUNK,
    "fields": st.dictionaries(st.sampled_from(["id", "email", "role", "tag", "x"]), JUNK | st.text()) | JUNK,
    "constants": st.dictionaries(st.sampled_from(["email", "role", "signed_up_at", "owner_id"]), JUNK) | JUNK,
    **dict.fromkeys(("name", "key", "warn", "max_removed", "removed", "enabled", "unknown"), JUNK),
}
BLOCKS = st.fixed_dictionaries({}, optional=KNOWN)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(block=BLOCKS | st.lists(BLOCKS | JUNK, max_size=3) | JUNK, defaults=BLOCKS | JUNK, column=JUNK)
def test_junk_is_a_mistake_and_never_a_crash(block, defaults, column, as_manifest):
    raw = as_manifest("models: [{name: a, columns: [{name: c}]}]")
    node = json.loads(json.dumps(raw["nodes"]["model.shop.a"]))
    node["config"]["meta"] = {"intercom": block, "intercom_defaults": defaults}
    node["columns"]["c"]["meta"] = {"intercom": column}
    raw["nodes"]["model.shop.a"] = node

    with contextlib.suppress(ConfigurationError):
        activations_of(manifests.from_dict(raw), Path("/nowhere"))
