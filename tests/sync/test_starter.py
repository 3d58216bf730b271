"""A project that was not written for this: the shape of dbt's starter, and names that need quoting."""

from __future__ import annotations

import pytest


@pytest.fixture
def starter(make_shop):
    """No intercom.yml: the workspace is in the environment."""
    starter = make_shop("starter")
    starter.environment = lambda: {
        "INTERCOM_ACCESS_TOKEN": starter.token,
        "INTERCOM_BASE_URL": starter.sandbox.base_url,
    }
    return starter


def test_meta_in_yaml_alone_makes_a_model_land_in_intercom(starter):
    ran = starter.sync("--select", "my_second_dbt_model")

    assert ran.code == 0, ran.text
    assert ran["my_second_dbt_model"]["workspace_name"] == "default"
    assert ran.counts("my_second_dbt_model") == {"rows": 1, "inserted": 1}
    assert starter.contacts().keys() == {"1"}
    starter.calls()
    assert starter.sync("--select", "my_second_dbt_model").code == 0
    assert starter.calls() == {}


def test_names_that_need_quoting_are_quoted_everywhere(starter):
    ran = starter.sync("--select", "quirky")

    assert ran.code == 0, ran.text
    assert ran.counts("quirks") == {"rows": 1, "inserted": 1}
    contact = starter.contacts()["k-1"]
    assert (contact.email, contact.fields["name"]) == ("one@example.com", "Grüße")
    assert dict(contact.custom_attributes) == {"plan": "it's", "seats": 3}
    assert starter.last("quirks").keys() == {"3:k-1,1:x"}
    starter.sql('update "main_Group"."Order By" set "Größe" = \'Maß\'')
    starter.calls()
    ran = starter.sync()
    assert starter.calls() == {
        "PUT /contacts/{contact_id}": 1,
        "POST /contacts/search": 1,
        "POST /contacts": 1,
    }
    assert starter.contacts()["k-1"].fields["name"] == "Maß"


def test_a_quotation_mark_in_a_columns_name_is_quoted_too(starter):
    starter.sql('alter table "main_Group"."Order By" rename "Größe" to "a ""quoted"" name"')
    manifest = starter.manifest()
    fields = manifest["nodes"]["model.my_new_project.quirky"]["config"]["meta"]["intercom"]["fields"]
    fields["name"] = 'a "quoted" name'
    starter.write_manifest(manifest)
    ran = starter.sync("--select", "quirky")

    assert ran.code == 0, ran.text
    assert starter.contacts()["k-1"].fields["name"] == "Grüße"


def test_the_users_models_and_macros_are_none_of_our_business(starter):
    (starter.folder / "models" / "example" / "broken.sql").write_text("select {{ nonsense(")
    (starter.folder / "macros").mkdir()
    (starter.folder / "macros" / "broken.sql").write_text("{% macro broken( %}")
    assert starter.sync().code == 0


def test_nothing_is_written_into_the_project_but_the_target(starter):
    before = {path.relative_to(starter.folder) for path in starter.folder.rglob("*")}
    starter.sync()
    after = {path.relative_to(starter.folder) for path in starter.folder.rglob("*")}

    assert {str(path) for path in after - before} == {
        "target/intercom_activate",
        "target/intercom_activate/lock",
        "target/intercom_activate/remembered.json",
        "target/intercom_activate_results.json",
    }
