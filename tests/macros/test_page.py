"""docs/macros.md: its examples make a project, which is installed as the page says, built and synced."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dbt_intercom_activate.warehouse.access import macro_package

PAGE = (Path(__file__).parents[2] / "docs" / "macros.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = dict(re.findall(r"```(?:yaml|sql)\n(?:#|--) (\S+)\n(.*?)```", PAGE, re.DOTALL))
"""Each example by the file that its first line names."""
MODELS = {
    "models/intercom_contacts.sql": """
select * from (values
  ('c1', 'ada@example.com', 'pro', 3), ('c2', 'nobody', 'free', 2), ('c3', null, null, null)
) as t(customer_id, email, plan_name, seats)
""",
    "models/intercom_company_tags.sql": """
select * from (values
  ('a1', 'vip', '6762f0dd1bb69f9f2193bb83'), ('a1', 'new', null)
) as t(account_id, tag, intercom_id)
""",
    "models/views.yml": json.dumps(
        {"models": [{"name": "customers_in_intercom", "config": {"materialized": "view"}}]}
    ),
}
CONTACTS = {
    "name": "contacts",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "customer_id", "email": "email"},
}


@pytest.fixture(scope="module")
def project(make_project):
    """The page's project, built and synced."""
    contacts = yaml.safe_load(EXAMPLES["models/intercom_contacts.yml"])
    contacts["models"][0]["config"] = {"meta": {"intercom": CONTACTS}}
    files = {**MODELS, **EXAMPLES, "models/intercom_contacts.yml": yaml.safe_dump(contacts)}
    project = make_project({name: text for name, text in files.items() if name != "packages.yml"})
    workspaces = (project.folder / "intercom.yml").read_text()
    project.put_files(
        {
            "intercom.yml": workspaces.replace("default: test", "default: production").replace(
                "  test:", "  production:"
            )
        }
    )
    ran = project.run("build")
    assert ran.counts("contacts") == {"rows": 3, "inserted": 2, "failed": 1}, ran.text
    return project


@pytest.mark.dbt
@pytest.mark.slow
def test_the_folder_on_the_page_installs_the_package(make_project, monkeypatch, tmp_path):
    (line,) = re.findall(r'^export INTERCOM_ACTIVATE_PACKAGE="\$\((.*)\)"$', PAGE, re.MULTILINE)
    printed = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.strip()
    assert Path(printed) == macro_package()

    project = make_project({"models/one.sql": "select * from {{ intercom_activate.ledger() }} as ledger"})
    (project.folder / "dbt_packages" / "intercom_activate").unlink()
    project.put_files({"packages.yml": EXAMPLES["packages.yml"]})
    monkeypatch.setenv("INTERCOM_ACTIVATE_PACKAGE", printed)
    project.built("deps")
    project.built("build")


def test_every_macro_and_test_has_its_section_with_its_arguments():
    public = {}
    for folder in ("relations", "generic_tests"):
        for path in (macro_package() / "macros" / folder).glob("[!_]*.sql"):
            (signature,) = re.findall(rf"\{{% (?:macro|test) {path.stem}\((.*)\) -?%\}}", path.read_text())
            public[path.stem] = {each.partition("=")[0].strip() for each in signature.split(",")}
    assert set(SECTIONS) == set(public)
    for name, arguments in public.items():
        told = {
            word
            for row in re.findall(r"^\| (`.*?`) \|", SECTIONS[name], re.MULTILINE)
            for word in re.findall(r"`(\w+)`", row)
        }
        types = {"string", "integer", "float", "boolean", "date", "datetime"}
        assert told - types == arguments - {"model", "column_name"}, name


def test_every_macro_and_test_has_an_example_that_is_built():
    written = "\n".join(EXAMPLES.values())
    for name in SECTIONS:
        assert f"intercom_activate.{name}" in written


def test_the_overview_lists_them_all():
    assert re.findall(r"^\| \[`(\w+)(?:\(\))?`\]\(#(\w+)\)", PAGE, re.MULTILINE) == [
        (name, name) for name in SECTIONS
    ]


@pytest.mark.dbt
@pytest.mark.slow
def test_the_models_read_what_the_sync_left(project):
    project.built("run")
    assert project.sql("select activation, attempts, failed from intercom_attempts") == [("contacts", 3, 1)]
    assert project.sql("select customer_id, code from intercom_rejects") == [("c2", "invalid_value")]
    told = project.sql("select customer_id, delivered_at is not null from customers_in_intercom order by 1")
    assert told == [("c1", True), ("c2", False), ("c3", True)]


@pytest.mark.dbt
@pytest.mark.slow
def test_the_data_tests_warn_as_the_page_says(project):
    results = project.built("test").results
    warned = [name for name, status in results.items() if status == "warn"]
    assert warned == ["intercom_activate_intercom_email_intercom_contacts_email"]
    assert set(results.values()) == {"pass", "warn"}


@pytest.mark.dbt
@pytest.mark.slow
def test_a_test_of_severity_error_blocks_the_activation(project):
    file = project.folder / "models" / "intercom_contacts.yml"
    kept = file.read_text()
    assert "severity: warn" in kept
    project.put_files({"models/intercom_contacts.yml": kept.replace("severity: warn", "severity: error")})
    ran = project.run("build")
    project.put_files({"models/intercom_contacts.yml": kept})
    assert ran["contacts"]["status"] == "blocked"


def test_the_columns_are_those_of_the_ledger(project):
    listed = PAGE.partition("The columns are those of the ledger:\n")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", listed) == [name for name, _ in project.columns("intercom_activate.ledger")]


def test_the_variables_are_those_that_the_macros_read():
    (block,) = re.findall(r"```yaml\nvars:\n(.*?)```", PAGE, re.DOTALL)
    written = yaml.safe_load(block)["intercom_activate"]
    read = (macro_package() / "macros" / "relations" / "_ledger_relation.sql").read_text()
    assert set(re.findall(r"written.get\('(\w+)'\)", read)) == set(written)


def test_one_sentence_stands_on_a_line():
    prose = [
        line
        for line in re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL).splitlines()
        if line and line[0] not in "|#"
    ]
    assert [line for line in prose if re.search(r"[.!?] [A-Z]", line)] == []
