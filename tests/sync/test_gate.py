"""What dbt's last command means for an activation."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.errors import ArtifactError
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project import run_results
from dbt_intercom_activate.project.artifacts import artifacts_target
from dbt_intercom_activate.sync import gate

PROJECT = """
models:
  - name: customers
    config:
      meta: {intercom: {object: contact, behaviour: upsert, identifier: email, fields: {email: e}GATE}}
  - name: orders
  - name: other
"""
CUSTOMERS, ORDERS, OTHER = (f"model.shop.{name}" for name in ("customers", "orders", "other"))


def _test(name, *, attached=None, depends_on=(), severity="ERROR", kind="test"):
    return f"{kind}.shop.{name}", {
        "name": name,
        "resource_type": kind,
        "attached_node": attached,
        "depends_on": {"nodes": list(depends_on)},
        "config": {"severity": severity},
    }


@pytest.fixture
def judge(as_manifest, tmp_path):
    """Judge the activation of `customers`, which reads from `orders`."""

    def run(args, statuses, *, scope=""):
        raw = as_manifest(PROJECT.replace("GATE", f", gate: {scope}" if scope else ""))
        raw["nodes"][CUSTOMERS]["depends_on"] = {"nodes": [ORDERS]}
        raw["nodes"] |= dict(
            [
                _test("unique", attached=CUSTOMERS, depends_on=[CUSTOMERS]),
                _test("related", attached=OTHER, depends_on=[OTHER, CUSTOMERS]),
                _test("singular", depends_on=[CUSTOMERS, ORDERS]),
                _test("lenient", attached=CUSTOMERS, severity="warn"),
                _test("of_parent", attached=ORDERS),
            ]
        )
        raw["unit_tests"] = dict([_test("logic", depends_on=[CUSTOMERS], kind="unit_test")])
        manifest = manifests.from_dict(raw)
        (activation,) = activations_of(manifest, tmp_path)
        results = None
        if args is not None:
            rows = [{"unique_id": unique_id, "status": status} for unique_id, status in statuses.items()]
            results = run_results.from_dict({"args": args, "results": rows})
        verdict = gate.judge(activation, manifest, results)
        return f"{verdict.kind.value}: {verdict.reason}" if verdict.reason else verdict.kind.value

    return run


BUILT = {CUSTOMERS: "success"}
CASES = [
    pytest.param(None, {}, "open", id="no run results, no objection"),
    pytest.param({"which": "build"}, BUILT, "open", id="built"),
    pytest.param(
        {"which": "run"}, {CUSTOMERS: "reused"}, "open", id="reused because its data did not change"
    ),
    pytest.param({"which": "run"}, {CUSTOMERS: "no-op"}, "open", id="nothing to do"),
    pytest.param({"which": "build"}, {CUSTOMERS: "warn"}, "open", id="built with a warning, as dbt 2 says"),
    pytest.param({"which": "build"}, {CUSTOMERS: "Success"}, "open", id="in whatever case it is written"),
    *(
        pytest.param(
            {"which": "build"},
            {CUSTOMERS: status},
            f"blocked: customers has the status {status}",
            id=f"a model that is {status} blocks",
        )
        for status in ("error", "skipped", "partial success")
    ),
    *(
        pytest.param(
            {"which": which},
            {OTHER: "success"},
            f"skipped: `dbt {which}` did not build customers",
            id=f"a {which} that left the model out skips it",
        )
        for which in ("build", "run", "seed", "snapshot")
    ),
    pytest.param(
        {"which": "build", "invocation_command": "dbt --quiet retry"},
        {OTHER: "success"},
        "blocked: `dbt retry` ran only what had failed, and nothing tells what became of customers before it. "
        "Run `dbt build` again, or use `--no-gate`",
        id="a retry of a build that nobody knows blocks what it left out",
    ),
    pytest.param(
        {"which": "build", "invocation_command": "dbt build --select retry"},
        {OTHER: "success"},
        "skipped: `dbt build` did not build customers",
        id="a model named retry makes no retry",
    ),
    pytest.param({"which": "test"}, {}, "open", id="after a test the model need not be there"),
    pytest.param(
        {"which": "test"}, {"test.shop.unique": "fail"}, "blocked: failed: unique", id="a failed test blocks"
    ),
    pytest.param(
        {"which": "build"},
        BUILT | {"test.shop.unique": "error"},
        "blocked: failed: unique",
        id="a test that broke blocks",
    ),
    pytest.param(
        {"which": "build"},
        BUILT | {"test.shop.unique": "warn", "test.shop.singular": "skipped"},
        "open",
        id="a test that warns or was skipped does not",
    ),
    pytest.param(
        {"which": "build"},
        BUILT | {"test.shop.lenient": "error"},
        "open",
        id="a test of severity warn never blocks",
    ),
    pytest.param(
        {"which": "build"},
        BUILT | {"test.shop.related": "fail"},
        "open",
        id="a generic test blocks only the node that it is attached to",
    ),
    pytest.param(
        {"which": "build"},
        BUILT | {"test.shop.singular": "fail", "unit_test.shop.logic": "fail"},
        "blocked: failed: singular and logic",
        id="any other test blocks what it depends on",
    ),
    pytest.param({"which": "build"}, BUILT | {"test.shop.of_parent": "fail"}, "open", id="a parent's test"),
    pytest.param(
        {"which": "build", "empty": True},
        BUILT,
        "blocked: customers was built with `--empty`",
        id="an empty relation blocks",
    ),
    pytest.param(
        {"which": "run", "sample": "3 days"},
        BUILT,
        "blocked: customers was built with `--sample`",
        id="a sampled relation blocks",
    ),
]


@pytest.mark.parametrize(("args", "statuses", "verdict"), CASES)
def test_the_gate(args, statuses, verdict, judge):
    assert judge(args, statuses) == verdict


def test_a_parents_test_blocks_where_it_is_asked_to(judge):
    statuses = BUILT | {"test.shop.of_parent": "fail"}

    assert judge({"which": "build"}, statuses, scope="parents") == "blocked: failed: of_parent"


@pytest.mark.parametrize("which", gate.TRUSTED)
def test_commands_that_build_or_test_are_trusted(which):
    assert gate.check_trust(run_results.from_dict({"args": {"which": which}, "results": []})) is None


@pytest.mark.parametrize("which", ["compile", "show", "generate", "run-operation", "clone", None])
def test_other_commands_are_not(which):
    with pytest.raises(ArtifactError, match="--no-gate"):
        gate.check_trust(run_results.from_dict({"args": {"which": which}, "results": []}))


def test_no_run_results_are_a_warning():
    assert "run `dbt build` first" in (gate.check_trust(None) or "")


@pytest.mark.parametrize(
    ("manifest_of", "results", "expected"),
    [
        pytest.param(
            "a", {"metadata": {"invocation_id": "a"}, "args": {"target": "prod"}}, "prod", id="told"
        ),
        pytest.param(
            "a", {"metadata": {"invocation_id": "a"}, "args": {}}, "dev", id="the profile's default"
        ),
        pytest.param(
            "b", {"metadata": {"invocation_id": "a"}, "args": {"target": "prod"}}, None, id="dbt ls since"
        ),
        pytest.param(None, {"args": {"target": "prod"}}, None, id="no invocation"),
        pytest.param("a", None, None, id="no run results"),
    ],
)
def test_the_target_of_the_artifacts(manifest_of, results, expected, as_manifest):
    manifest = manifests.from_dict(as_manifest("", invocation_id=manifest_of))
    parsed = None if results is None else run_results.from_dict({"results": [], **results})

    assert artifacts_target(manifest, parsed, "dev") == expected


def test_run_results_that_are_not_there_are_none(tmp_path):
    assert run_results.read(tmp_path / "run_results.json") is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"results": 5}'])
def test_run_results_that_are_none_of_dbt_are_refused(text, tmp_path):
    path = tmp_path / "run_results.json"
    path.write_text(text)

    with pytest.raises(ArtifactError, match=r"run_results\.json"):
        run_results.read(path)


def test_dbt_2_leaves_most_arguments_out(tmp_path):
    path = tmp_path / "run_results.json"
    path.write_text(json.dumps({"args": {"command": "build", "which": "build"}, "results": [{}]}))

    results = run_results.read(path)

    assert results is not None
    assert (results.which, results.target, results.empty, results.statuses) == ("build", None, False, {})


ALL_FAILED = {"test.shop.unique": "fail", "test.shop.singular": "fail", "unit_test.shop.logic": "fail"}


def test_three_failed_tests_are_named_and_more_are_counted(judge):
    assert judge({"which": "build"}, BUILT | ALL_FAILED) == "blocked: failed: unique, singular and logic"
    four = BUILT | ALL_FAILED | {"test.shop.of_parent": "fail"}
    assert judge({"which": "build"}, four, scope="parents") == (
        "blocked: failed: unique, singular, of_parent and 1 more"
    )


@pytest.mark.parametrize(
    ("which", "named"), [("compile", "of `dbt compile`,"), (None, "of an unknown command,")]
)
def test_results_that_are_not_trusted_name_their_command(which, named):
    with pytest.raises(ArtifactError, match=named):
        gate.check_trust(run_results.from_dict({"args": {"which": which} if which else {}, "results": []}))
