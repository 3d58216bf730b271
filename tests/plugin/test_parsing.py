"""What the dbt plugin does when dbt parses: mistakes end the command, and a good project gets an artifact."""

from __future__ import annotations

import contextlib
import json

import pytest
from forking import ForkingProcess

MISTAKES = (
    "models/shop.yml:9: customers: meta.intercom.identifier: expected external_id, email or id",
    'meta.intercom.fields.emial: expected a field of `object: contact` that Intercom lets one write, found "emial"',
    "accounts: meta.intercom.behaviour: expected ",
)


@pytest.fixture
def project_with_mistakes(dbt):
    """A project with three mistakes in two models."""
    dbt.edit("models/shop.yml", "identifier: external_id", "identifier: extrnal_id")
    dbt.edit("models/shop.yml", "email: email", "emial: email")
    dbt.edit("models/shop.yml", "behaviour: upsert\n          identifier: company_id", "behaviour: merge")
    dbt.artifact("run_results.json").unlink()
    return dbt


@pytest.mark.parametrize("command", ["parse", "build", "run", "compile", "ls", "test", "seed"])
def test_bad_meta_ends_the_commands_of_dbt_with_every_mistake(project_with_mistakes, command):
    ended = project_with_mistakes(command)

    assert ended.code == 2
    assert "3 mistakes in the configuration" in ended.out
    for mistake in MISTAKES:
        assert mistake in ended.out
    assert "Traceback" not in ended.out
    assert not project_with_mistakes.artifact("run_results.json").exists(), "nothing was built"
    assert len(project_with_mistakes.shop.sandbox.calls) == 0


def test_our_own_build_ends_before_anything_is_built(project_with_mistakes):
    ran = project_with_mistakes.shop.run("build")

    assert ran.code == 2
    assert "3 mistakes in the configuration" in ran.text
    assert not project_with_mistakes.artifact("run_results.json").exists()


def test_a_mistake_says_how_dbt_can_go_on(project_with_mistakes):
    assert (
        "`vars: {intercom_activate: {validate: warn}}` in dbt_project.yml lets dbt go on"
        in project_with_mistakes("parse").out
    )


@pytest.mark.parametrize("block", ["{slack_channel: crm, pii: true}", "{owner: sales}"])
def test_the_meta_of_another_tool_is_passed_over(dbt, block):
    dbt.edit(
        "models/shop.yml",
        "  - name: accounts",
        f"  - name: orders\n    config: {{meta: {{intercom: {block}}}}}\n  - name: accounts",
    )
    (dbt.folder / "models" / "orders.sql").write_text("select 1 as id")
    ended = dbt("parse")

    assert (ended.code, "mistake" in ended.out) == (0, False)


def test_an_artifact_that_cannot_be_written_ends_no_build(dbt):
    artifact = dbt.artifact("intercom_activate.json")
    artifact.unlink()
    artifact.mkdir()
    ended = dbt("parse")

    assert (ended.code, "Traceback" in ended.out) == (0, False)
    assert "intercom_activate.json cannot be written" in ended.out


def test_an_artifact_that_cannot_be_removed_ends_no_build(project_with_mistakes):
    project_with_mistakes.set_vars("{validate: warn}")
    artifact = project_with_mistakes.artifact("intercom_activate.json")
    artifact.unlink()
    artifact.mkdir()
    ended = project_with_mistakes("parse")

    assert (ended.code, "Traceback" in ended.out) == (0, False)
    assert "is out of date and cannot be removed" in ended.out


def test_dbt_goes_on_without_us_where_it_writes_no_artifacts(project_with_mistakes):
    assert project_with_mistakes("parse", "--no-write-json").code == 0


@pytest.mark.parametrize("where", ["in dbt_project.yml", "below the project's name", "on the command line"])
def test_mistakes_can_be_warnings(project_with_mistakes, where):
    arguments = []
    if where == "in dbt_project.yml":
        project_with_mistakes.set_vars("{validate: warn}")
    elif where == "below the project's name":
        file = project_with_mistakes.folder / "dbt_project.yml"
        file.write_text(f"{file.read_text()}\nvars: {{shop: {{intercom_activate: {{validate: warn}}}}}}\n")
    else:
        arguments = ["--vars", "{intercom_activate: {validate: warn}}"]
    ended = project_with_mistakes("parse", *arguments)

    assert ended.code == 0
    assert "3 mistakes in the configuration" in ended.out
    assert not project_with_mistakes.artifact("intercom_activate.json").exists(), (
        "it would tell of what is not so"
    )


@pytest.mark.parametrize("word", ["'off'", "off", "false"])
def test_mistakes_can_be_overlooked(project_with_mistakes, word):
    project_with_mistakes.set_vars(f"{{validate: {word}}}")
    ended = project_with_mistakes("parse")

    assert ended.code == 0
    assert "in the configuration" not in ended.out
    assert not project_with_mistakes.artifact("intercom_activate.json").exists()


def test_mistakes_in_the_settings_of_the_plugin_are_told_together(dbt):
    dbt.set_vars("{valdate: warn, validate: maybe, sync_after: [build, test]}")
    ended = dbt("parse")

    assert ended.code == 2
    assert "vars.intercom_activate.valdate: expected validate" in ended.out
    assert 'vars.intercom_activate.validate: expected error, warn or off, found "maybe"' in ended.out
    assert 'vars.intercom_activate.sync_after: expected build or run, found "test"' in ended.out
    ended = dbt("parse", env={"INTERCOM_SYNC_AFTER": "build,tset"})
    assert 'in INTERCOM_SYNC_AFTER, found "tset"' in ended.out


def test_a_good_project_gets_its_activations_compiled(dbt):
    dbt.artifact("intercom_activate.json").unlink()
    assert dbt("parse").code == 0
    compiled = json.loads(dbt.artifact("intercom_activate.json").read_text())
    manifest = json.loads(dbt.artifact("manifest.json").read_text())

    assert compiled["metadata"]["schema_version"] == 1
    assert compiled["metadata"]["dbt_invocation_id"] == manifest["metadata"]["invocation_id"]
    assert compiled["metadata"]["dbt_version"] == manifest["metadata"]["dbt_version"]
    companies, customers = compiled["activations"]
    assert (companies["activation"], companies["object"]) == ("companies", "company")
    assert customers == {
        "activation": "customers",
        "unique_id": "model.shop.customers",
        "file": "models/shop.yml",
        "object": "contact",
        "behaviour": "upsert",
        "identifier": "external_id",
        "fields": {
            "external_id": "customer_id",
            "email": "email",
            "name": "full_name",
            "signed_up_at": "signed_up_at",
            "custom_attributes.renewed_on": "renewed_on",
            "custom_attributes.balance": "balance",
            "custom_attributes.seats": "seats",
            "custom_attributes.is_vip": "is_vip",
            "custom_attributes.plan": "plan_name",
        },
        "constants": {"role": "user"},
        "was": [],
        "where": None,
        "workspace_name": None,
        "key": [],
        "nulls": "send",
        "create_attributes": False,
        "removed": "ignore",
        "max_removed": "10%",
        "max_inserted": None,
        "max_updated": None,
        "max_failed": None,
        "archived": "fail",
        "gate": "model",
        "warn": [],
        "enabled": True,
    }
    listed = dbt.shop.run("ls", "--output", "json").document["results"]
    assert [each["activation"] for each in listed] == ["companies", "customers"]


def test_a_column_alone_is_noticed(dbt):
    dbt.edit("models/shop.yml", "intercom: custom_attributes.plan", "intercom: custom_attributes.")
    ended = dbt("parse")

    assert ended.code == 2
    assert "customers: columns.plan_name.meta.intercom: expected" in ended.out


def test_a_project_that_loses_its_last_activation_has_none_compiled(dbt):
    (dbt.folder / "models" / "shop.yml").write_text("models: [{name: customers}]\n")
    assert dbt("parse").code == 0

    assert json.loads(dbt.artifact("intercom_activate.json").read_text())["activations"] == []


def test_a_project_without_us_gets_no_artifact(project_without_activations):
    assert project_without_activations("parse").code == 0
    assert not project_without_activations.artifact("intercom_activate.json").exists()


IMPORTS = "import dbt.cli.main, dbt_intercom_activate"
PARSE = """
{before}
from dbt.cli.main import dbtRunner
result = dbtRunner().invoke(["--log-level", "none", "parse"])
assert result.success, result.exception
print("ours:", sorted(name for name in sys.modules if name.startswith("dbt_intercom_activate")))
print("plugins:", len(dbt_intercom_activate.plugins))
"""


def forking(project):
    """A process that has imported dbt, with us beside it, and nothing of ours but the package."""
    environment = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return contextlib.closing(ForkingProcess(project.folder, IMPORTS, environment))


@pytest.mark.dbt
@pytest.mark.slow
def test_a_project_without_activations_imports_nothing_more(project_without_activations):
    with forking(project_without_activations) as process:
        done = process.run(PARSE.format(before=""))

    assert done.code == 0, done.err
    assert "ours: ['dbt_intercom_activate', 'dbt_intercom_activate.plugin']" in done.out
    assert "plugins: 1" in done.out


UNUSABLE = {
    "libraries that are not there": "sys.modules['requests'] = sys.modules['rich'] = None",
    "a library that raises": (
        "import importlib.abc\n"
        "class Broken(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.startswith(('rich', 'filelock')): raise RuntimeError('half installed')\n"
        "sys.modules.pop('filelock', None)\n"
        "sys.meta_path.insert(0, Broken())"
    ),
    "a module of ours that does not load": "sys.modules['dbt_intercom_activate.plugin'] = None",
}


@pytest.mark.dbt
@pytest.mark.slow
def test_an_installation_that_cannot_work_never_stops_dbt(project_without_activations):
    with forking(project_without_activations) as process:
        for why, before in UNUSABLE.items():
            done = process.run(PARSE.format(before=before))

            assert done.code == 0, (why, done.err)
            assert "plugins: 0" in done.out, why
            assert done.err.count("dbt-intercom-activate is installed but cannot be used") == 1, why

        before = (
            "import warnings; warnings.simplefilter('error')\n" + UNUSABLE["libraries that are not there"]
        )
        done = process.run(PARSE.format(before=before))

        assert done.code == 0, done.err
        assert "plugins: 0" in done.out


def test_nothing_else_is_an_attribute_of_the_package():
    import dbt_intercom_activate

    assert not hasattr(dbt_intercom_activate, "plugin_manager")
