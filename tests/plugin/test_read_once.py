"""What a command has to read, it reads once: `meta`, the profile, the project."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from dbt.config.profile import Profile
from dbt.parser.manifest import ManifestLoader

from dbt_intercom_activate.commands.activations import all_activations
from dbt_intercom_activate.configuration.schema_files import SchemaFiles
from dbt_intercom_activate.plugin import parsed
from dbt_intercom_activate.project.location import locate_project

READINGS = {
    "meta": (SchemaFiles, "__init__"),
    "profile": (Profile, "render"),
    "project": (ManifestLoader, "get_full_manifest"),
}
"""What is called once each time that something is read."""


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each was read since the test began."""
    counted: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def read(*arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return real(*arguments, **options)

        return read

    for name, (owner, method) in READINGS.items():
        wrapped = counting(name, getattr(owner, method))
        is_of_class = isinstance(vars(owner)[method], classmethod)
        monkeypatch.setattr(owner, method, staticmethod(wrapped) if is_of_class else wrapped)
    return counted


def test_sync_loads_the_profile_once(shop, readings):
    assert shop.sync().code == 0
    assert readings == {"meta": 1, "profile": 1}


@pytest.mark.dbt
@pytest.mark.slow
def test_sync_to_a_named_target_loads_each_output_once(shop, readings):
    shop.dbt("build", "--target", "prod", "--select", "accounts")
    readings.clear()

    shop.sync("--target", "prod", "--select", "activation:companies")
    assert (
        readings["profile"] == 2
    )  # its own, and the default one, whose name tells whose artifacts these are


def test_check_loads_the_profile_once(shop, readings):
    shop.run("check")
    assert readings["profile"] == 1


def test_build_reads_meta_once(shop, readings):
    ran = shop.run("build")

    assert ran.statuses() == {"companies": "success", "customers": "success"}
    assert readings["meta"] == 1
    assert readings["project"] == 1


def test_dbt_build_with_a_sync_reads_meta_once(dbt, readings):
    ended = dbt("build", env={"INTERCOM_SYNC_AFTER": "build"})

    assert ended.code == 0, ended.out
    assert len(dbt.shop.contacts()) == 4
    assert readings == {"meta": 1, "profile": 1, "project": 1}


@pytest.mark.dbt
@pytest.mark.slow
def test_build_reads_meta_itself_where_the_plugin_may_not(dbt, readings):
    dbt.set_vars("{validate: false}")
    ran = dbt.shop.run("build")

    assert ran.statuses() == {"companies": "success", "customers": "success"}
    assert readings["meta"] == 1


def test_the_plugin_reads_what_the_manifest_says(dbt, monkeypatch):
    handed_over: list[Any] = []
    monkeypatch.setattr(parsed, "_hand_over", lambda judged, _: handed_over.append(judged))
    assert dbt("build").code == 0

    nothing = dict.fromkeys(("project_dir", "profiles_dir", "profile", "target", "target_path", "variables"))
    project = locate_project(**nothing, cwd=dbt.folder, home=dbt.folder)
    assert handed_over[0].activations == all_activations(project)
    assert handed_over[0].invocation_id == dbt.shop.manifest()["metadata"]["invocation_id"]
