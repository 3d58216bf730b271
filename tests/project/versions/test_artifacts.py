"""Every version of dbt tells the same about a project; `make_artifacts.py` says how `data/` was made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project import run_results
from dbt_intercom_activate.sync.gate import GateState, judge

HERE = Path(__file__).parent
VERSIONS = ("1.8.10", "1.9.11", "1.10.23", "1.11.16", "1.12.6", "1.13.0b1", "2.0.0-alpha.1")

SAME_EVERYWHERE = {
    "status": {
        "people": "success",
        "vip": "success",
        "beta": "success",
        "firms_v2": "success",
        "from_sql": "partial",
        "broken": "blocked",
        "after_broken": "blocked",
        "events": "skipped",
    },
    "gate": {
        "people": None,
        "vip": None,
        "beta": None,
        "firms_v2": None,
        "from_sql": None,
        "broken": "failed: not_null_broken_person_id",
        "after_broken": "after_broken has the status skipped",
        "events": None,
    },
}


def activations_in(folder: Path) -> dict[str, dict[str, object]]:
    """The activations of an artifact, as plain values without what only dbt's own bookkeeping needs."""
    manifest = manifests.read(folder / "manifest.json")
    found = {}
    for activation in activations_of(manifest, HERE / "project"):
        facts = {
            name: getattr(activation, name)
            for name in type(activation).__dataclass_fields__
            if name not in ("node", "origin")
        }
        node = activation.node
        facts |= {
            "relation": node.relation_name,
            "node": node.unique_id,
            "label": node.label,
            "file": node.file,
        }
        found[activation.name] = facts
    return found


def verdicts_in(folder: Path) -> dict[str, str | None]:
    manifest = manifests.read(folder / "manifest.json")
    results = run_results.read(folder / "run_results.json")
    return {
        each.name: judge(each, manifest, results).reason
        for each in activations_of(manifest, HERE / "project")
    }


def test_the_activations_are_those_of_the_schema_files():
    found = activations_in(HERE / "data" / "1.11.16")

    assert set(found) == set(SAME_EVERYWHERE["gate"])
    people = found["people"]
    assert people["fields"] == {
        "external_id": "person_id",
        "email": "mail",
        "name": "full_name",
        "custom_attributes.balance": "balance",
    }
    assert people["constants"] == {"role": "user", "signed_up_at": 1717113600}
    assert (people["nulls"], people["create_attributes"], people["removed"]) == ("skip", True, "archive")
    assert found["vip"]["fields"] == {"external_id": "person_id", "tag": "tag_name"}
    assert found["firms_v2"]["relation"] == '"shop"."main"."firms_v2"'
    assert found["from_sql"]["warn"] == {"not_found"}
    assert found["events"]["enabled"] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_dbt_writes_the_same_activations(version):
    assert activations_in(HERE / "data" / version) == activations_in(HERE / "data" / "1.11.16")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_gate_says_the_same_of_every_version(version):
    assert verdicts_in(HERE / "data" / version) == SAME_EVERYWHERE["gate"]


@pytest.mark.dbt
@pytest.mark.slow
def test_the_dbt_of_this_environment_writes_the_same(built_here):
    folder = built_here / "target"

    assert activations_in(folder) == activations_in(HERE / "data" / "1.11.16")
    assert verdicts_in(folder) == SAME_EVERYWHERE["gate"]


@pytest.mark.parametrize(
    "version",
    [each if each == "1.12.6" else pytest.param(each, marks=pytest.mark.slow) for each in VERSIONS],
)
def test_what_any_version_built_is_synced(written_by, version):
    trade = written_by(version)

    first, second = trade.sync(), trade.sync()

    assert first.statuses() == SAME_EVERYWHERE["status"]
    assert first.counts("people") == {"rows": 2, "inserted": 2}
    assert trade.contacts()["p1"].email == "ada@example.com"
    assert second.counts("people") == {"rows": 2, "unchanged": 2}
    assert second.code == 1


def test_dbt_2_tells_no_target_so_the_relations_do(written_by):
    """`dbt build --target prod`, then `sync` for dev: what prod holds is not what dev is asked for."""
    trade = written_by("2.0.0-alpha.1")
    for name in ("manifest.json", "run_results.json"):
        artifact = trade.folder / "target" / name
        artifact.write_text(artifact.read_text().replace('\\"main\\"', '\\"production\\"'))

    ran = trade.sync("--select", "people")

    assert "run_results.json is of another target than 'dev'" in ran.text
    assert ran.counts("people") == {"rows": 2, "inserted": 2}


def test_dbt_2s_failing_build_blocks_after_a_new_manifest(written_by):
    trade = written_by("2.0.0-alpha.1")
    manifest = trade.manifest()
    manifest["metadata"]["invocation_id"] = "that of `dbt ls`"
    trade.write_manifest(manifest)

    assert trade.sync("--select", "broken").statuses() == {"broken": "blocked"}


def blocks_of(node):
    """The activations of a node, as its `meta` has them."""
    written = node["config"].get("meta", {}).get("intercom", [])
    return written if isinstance(written, list) else [written]


@pytest.mark.dbt
@pytest.mark.slow
def test_nothing_is_removed_after_a_build_by_dbt_2(written_by):
    trade = written_by("2.0.0-alpha.1")
    manifest = trade.manifest()
    for node in manifest["nodes"].values():
        for block in blocks_of(node):
            block["enabled"] = block.get("name", node["name"]) == "people"
            block["removed"] = "archive" if block["enabled"] else "ignore"
    trade.write_manifest(manifest)
    assert trade.sync("--select", "people").counts("people") == {"rows": 2, "inserted": 2}
    trade.sql("create or replace table people as select * from people where person_id <> 'p2'")

    held = trade.sync("--select", "people")

    assert held.counts("people") == {"rows": 1, "unchanged": 1, "held": 1}
    assert "does not record whether it built only a sample of the rows" in held.text
    assert trade.contacts().keys() == {"p1", "p2"}
    allowed = trade.sync("--select", "people", "--allow-removals")
    assert allowed.counts("people") == {"rows": 1, "unchanged": 1, "removed": 1}, allowed.text


def test_what_only_dbt_2_can_parse_is_not_synced(written_by):
    trade = written_by("2.0.0-alpha.1")
    (trade.folder / "models" / "crm" / "new.yml").write_text("models: [{name: people, surprise: {}}]")

    ran = trade.sync()

    assert ran.code == 2
    assert "manifest.json was written for an unknown target, this command is for target 'dev'" in ran.text


def test_no_other_verdict_hides_behind_the_same_words():
    results = json.loads((HERE / "data" / "2.0.0-alpha.1" / "run_results.json").read_text())

    assert "target" not in results["args"]
    manifest = manifests.read(HERE / "data" / "2.0.0-alpha.1" / "manifest.json")
    kinds = {
        each.name: judge(each, manifest, run_results.from_dict(results)).kind
        for each in activations_of(manifest, HERE / "project")
    }
    assert {name for name, kind in kinds.items() if kind is GateState.BLOCKED} == {"broken", "after_broken"}


@pytest.mark.slow
def test_dbt_2_itself_builds_what_is_then_synced(trade, dbt_two):
    shutil.rmtree(trade.folder / "target")
    (trade.folder / "shop.duckdb").unlink()
    subprocess.run(
        [dbt_two.command, "build"], cwd=trade.folder, env={**os.environ, **dbt_two.environment}, check=False
    )

    assert trade.manifest()["metadata"]["dbt_version"].startswith("2.")
    assert trade.sync().statuses() == SAME_EVERYWHERE["status"]
    assert trade.contacts().keys() == {"p1", "p2"}
