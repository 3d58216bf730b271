"""The package in a user's project: installed by `dbt deps`, beside the command line that has macros of its own."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

import dbt_intercom_activate
from dbt_intercom_activate.warehouse.access import macro_package

FILES = {
    "models/customers.sql": "select 'c1' as customer_id, 'ada@example.com' as email",
    "models/told.sql": "select record_key from {{ intercom_activate.synced('customers') }} as told",
    "models/models.yml": json.dumps(
        {
            "models": [
                {
                    "name": "customers",
                    "config": {
                        "meta": {
                            "intercom": {
                                "object": "contact",
                                "behaviour": "upsert",
                                "identifier": "external_id",
                                "fields": {"external_id": "customer_id", "email": "email"},
                            }
                        }
                    },
                    "columns": [
                        {"name": "customer_id", "data_tests": ["intercom_activate.intercom_identifier"]},
                        {"name": "email", "data_tests": ["intercom_activate.intercom_email"]},
                    ],
                }
            ]
        }
    ),
}


@pytest.fixture
def wheel_layout(tmp_path):
    """The package as the wheel carries it: macros and dbt_project.yml, and nothing else."""
    folder = tmp_path / "dbt_package"
    shutil.copytree(macro_package() / "macros", folder / "macros")
    shutil.copy(macro_package() / "dbt_project.yml", folder)
    return folder


def test_the_version_is_that_of_the_python_package():
    package = yaml.safe_load((macro_package() / "dbt_project.yml").read_text())
    assert package["version"] == dbt_intercom_activate.__version__


def test_the_wheel_carries_the_whole_package(wheel_layout):
    """Hatch is told of two paths; nothing that dbt reads may stand outside of them."""
    project = yaml.safe_load((wheel_layout / "dbt_project.yml").read_text())
    assert project["macro-paths"] == ["macros"]
    paths = [project[key] for key in project if key.endswith("-paths") and key != "macro-paths"]
    assert [path for each in paths for path in each if (macro_package() / path).exists()] == []
    # dbt 2.0 takes an empty list for its default, and would run the files of tests/ in the user's project.
    assert project["test-paths"] != []


@pytest.mark.dbt
@pytest.mark.slow
@pytest.mark.parametrize("as_wheel", [False, True], ids=["the repository", "the wheel's folder"])
def test_build_works_in_a_project_with_the_package(make_project, wheel_layout, as_wheel):
    project = make_project(FILES, package=wheel_layout if as_wheel else None)
    assert (project.folder / "dbt_packages" / "intercom_activate" / "macros").is_dir()
    ran = project.run("build")

    assert ran.code == 0, ran.text
    assert ran.counts("customers") == {"rows": 1, "inserted": 1}
    assert project.sql("select count(*) from told") == [(0,)]
    project.built("run", "--select", "told")
    assert project.sql("from told") == [("c1",)]


def test_dbt_reads_nothing_of_the_package_but_macros(make_project):
    project = make_project(FILES)
    project.built("parse")
    manifest = project.manifest()
    ours = [
        each
        for kind in ("nodes", "sources", "exposures", "metrics", "unit_tests", "docs")
        for each in manifest[kind].values()
        if each["package_name"] == "intercom_activate"
    ]
    assert ours == []
    assert {"ledger", "failures", "synced", "test_intercom_email"} <= {
        each["name"] for each in manifest["macros"].values() if each["package_name"] == "intercom_activate"
    }


@pytest.mark.dbt
@pytest.mark.slow
def test_sync_runs_before_dbt_deps(make_project):
    project = make_project(FILES)
    project.built("build")
    (project.folder / "dbt_packages" / "intercom_activate").unlink()
    assert not project.dbt("build").success

    assert project.sync("--no-gate").counts("customers") == {"rows": 1, "inserted": 1}


# Another version of the package


def older(wheel_layout, **macros):
    """A package whose macros of these names do something else."""
    for name, body in macros.items():
        (file,) = (wheel_layout / "macros").rglob(f"{name}.sql")
        file.write_text(f"{{% macro {name}() %}}{body}{{% endmacro %}}")
    settings = (wheel_layout / "dbt_project.yml").read_text()
    version = f"version: {dbt_intercom_activate.__version__}"
    assert version in settings
    (wheel_layout / "dbt_project.yml").write_text(settings.replace(version, "version: 0.0.1"))
    return wheel_layout


REFUSED = "{{ exceptions.raise_compiler_error('an old macro') }}"
OURS = ("columns", "create_table", "stage_changes", "append_outcomes", "append_runs", "synced_view")


def test_the_command_line_uses_its_own_macros(make_project, wheel_layout):
    project = make_project(FILES, package=older(wheel_layout, **dict.fromkeys(OURS, REFUSED)))
    ran = project.run("build", "--exclude", "told")
    assert ran.code == 0, ran.text
    assert ran.counts("customers") == {"rows": 1, "inserted": 1}
    assert project.sync().counts("customers") == {"rows": 1, "unchanged": 1}


@pytest.mark.dbt
@pytest.mark.slow
def test_the_users_models_use_the_installed_packages_macros(make_project, wheel_layout):
    old = '{{ return("(select \'" ~ varargs[0] ~ " of old\' as record_key)") }}'
    project = make_project(FILES, package=older(wheel_layout, synced=old))
    assert project.run("build").code == 0
    assert project.sql("from told") == [("customers of old",)]


@pytest.mark.dbt
@pytest.mark.slow
def test_sync_inside_plain_dbt_uses_its_own_macros(make_project, wheel_layout):
    project = make_project(FILES, package=older(wheel_layout, **dict.fromkeys(OURS, REFUSED)))
    project.change_settings(vars={"intercom_activate": {"sync_after": ["build"]}})
    project.dbt("build", "--exclude", "told")
    assert project.codes("customers") == {"c1": None}


# Overriding


OVERRIDES = {
    "macros/ours.sql": """
{% macro default__synced(activation, workspace, project, schema, database) %}
(select 'mine' as record_key)
{% endmacro %}
{% macro default___email_fault(value, family) %}
case when {{ value }} like '%example.com' then 'a test address' end
{% endmacro %}
{% macro default__append_runs(runs, rows) %}{{ exceptions.raise_compiler_error('of the user') }}{% endmacro %}
""",
}


@pytest.mark.dbt
@pytest.mark.slow
def test_a_users_macro_goes_before_ours_in_dbt_only(make_project):
    project = make_project(FILES | OVERRIDES)
    project.built("run")
    assert project.sql("from told") == [("mine",)]
    ended = project.dbt("test", "--select", "customers")
    assert ended.results["intercom_activate_intercom_email_customers_email"] == "fail"
    assert project.sync("--no-gate").counts("customers") == {"rows": 1, "inserted": 1}


@pytest.mark.dbt
@pytest.mark.slow
def test_the_users_dispatch_order_does_not_stop_a_sync(make_project):
    project = make_project(FILES)
    orders = [
        {"macro_namespace": name, "search_order": ["shop", "intercom_activate", "dbt"]}
        for name in ("dbt", "intercom_activate")
    ]
    project.change_settings(dispatch=orders)
    assert project.run("build").code == 0
    assert project.codes("customers") == {"c1": None}
