"""`init` starts a project, and overwrites nothing."""

from __future__ import annotations

import pytest
import yaml

from dbt_intercom_activate.commands.init import EXAMPLE
from dbt_intercom_activate.configuration import workspace as workspaces


@pytest.fixture
def empty(shop):
    (shop.folder / "intercom.yml").unlink()
    return shop


def test_a_file_that_works_is_written(empty):
    ran = empty.run("init", "--region", "eu")

    assert ran.code == 0
    assert "Next:" in ran.out
    env = {"INTERCOM_ACCESS_TOKEN": "t"}
    production = workspaces.read(empty.folder, target={"name": "prod"}, env=env)
    assert production.workspace(production.default).base_url == "https://api.eu.intercom.io"
    laptop = workspaces.read(empty.folder, target={"name": "dev"}, env={})
    assert laptop.workspace(laptop.default).base_url == "http://127.0.0.1:8765"


def test_a_file_that_is_there_stays_as_it_is(shop):
    before = (shop.folder / "intercom.yml").read_text()

    ran = shop.run("init")

    assert ran.code == 2
    assert "exists already" in ran.err
    assert (shop.folder / "intercom.yml").read_text() == before


def test_outside_of_a_dbt_project_nothing_is_written(empty, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = empty.run("init", "--project-dir", str(elsewhere))
    assert ran.code == 2
    assert "dbt_project.yml" in ran.err
    assert list(elsewhere.iterdir()) == []


def test_the_example_is_right_once_it_is_no_comment(empty):
    uncommented = "\n".join(line.removeprefix("# ") for line in EXAMPLE.splitlines()[3:])
    block = yaml.safe_load(uncommented)["models"][0]["config"]["meta"]["intercom"]
    columns = "customer_id text, email text, full_name text, first_order_at timestamp, plan_name text"
    empty.run("init")
    empty.only(block, columns, [["c1", "a@example.com", "Ada", None, "pro"]])
    env = {"INTERCOM_BASE_URL": empty.sandbox.base_url, "INTERCOM_ACCESS_TOKEN": "sandbox"}

    assert empty.run("sync", env=env).code == 0
    assert set(empty.contacts()) == {"c1"}


def test_init_writes_an_example_that_dbt_can_parse(empty):
    file = empty.folder / "models" / "example.yml"

    assert empty.run("init", "--example", "models/example.yml").code == 0
    assert file.read_text() == EXAMPLE
    assert not (empty.folder / "intercom.yml").exists()
    assert empty.run("init", "--example", "models/example.yml").code == 2
    env = {"INTERCOM_BASE_URL": empty.sandbox.base_url, "INTERCOM_ACCESS_TOKEN": "sandbox"}
    assert empty.run("check", env=env).code == 0
