"""`exposures` shows dbt where its models go: in every dbt, whatever names and descriptions hold."""

from __future__ import annotations

import re

import pytest
import yaml

from dbt_intercom_activate.commands.exposures_file import NotEditable, edited

HOSTILE = (
    """it's "quoted": {{ 1 / 0 }} {% if %} {# no #} {{{ }} # - [x] & *y </script> \u202e עברית\n\n  - and: """
    + "long " * 2000
)
COLUMN = "{{ env_var('NO_SUCH') }}: '\""


def exposures_in(file):
    return {each["name"]: each for each in yaml.safe_load(file.read_text())["exposures"]}


def test_dbt_shows_each_activation_whatever_its_texts_hold(shop):
    file = shop.folder / "models" / "shop.yml"
    described = yaml.safe_load(file.read_text())
    customers, _ = described["models"]
    customers["description"] = f"{{% raw %}}{HOSTILE}{{% endraw %}}"
    fields = customers["config"]["meta"]["intercom"]["fields"]
    fields["custom_attributes.odd"] = f"{{% raw %}}{COLUMN}{{% endraw %}}"
    file.write_text(yaml.safe_dump(described))
    ran = shop.run("exposures", "--owner", "crm@example.com")
    shop.dbt("parse")

    assert ran.code == 0, ran.text
    manifest = shop.manifest()
    found = manifest["exposures"]["exposure.shop.intercom_customers"]
    assert found["description"].endswith(f"\n\n{HOSTILE.strip()}")
    assert found["depends_on"]["nodes"] == ["model.shop.customers"]
    assert found["owner"]["email"] == "crm@example.com"
    assert found["url"] == shop.sandbox.base_url
    told = found["config"]["meta"]["intercom_activation"]
    assert told["fields"]["custom_attributes.odd"] == COLUMN
    assert (told["object"], told["behaviour"], told["workspace"]) == ("contact", "upsert", "test")
    assert "exposure.shop.intercom_companies" in manifest["exposures"]
    assert shop.run("exposures", "--check").code == 0
    assert shop.calls() == {}


@pytest.fixture
def written(shop):
    """The file once it was written, beside the models, and then by a person."""
    file = shop.folder / "lineage.yml"
    assert shop.run("exposures", "--file", "lineage.yml").code == 0
    text = file.read_text()
    text = text.replace(
        "    owner:\n      name: shop\n", "    owner: {name: ann}  # since May\n    tags: [crm]\n", 1
    )
    text += "  # of ours\n  - name: board\n    type: dashboard\n    owner: {name: bob}\n"
    file.write_text(text)
    return file


def test_a_file_that_is_not_behind_is_not_written(shop, written):
    before = (written.read_bytes(), written.stat().st_mtime_ns)
    again = shop.run("exposures", "--file", "lineage.yml")

    assert again.code == 0
    assert "2 of 2 exposures are up to date" in again.text
    assert (written.read_bytes(), written.stat().st_mtime_ns) == before
    assert shop.run("exposures", "--file", "lineage.yml", "--check").code == 0


def test_only_what_changed_is_written_anew(shop, written):
    before = written.read_text()
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.configure(customers={**block, "behaviour": "update"}, accounts=None)
    behind = shop.run("exposures", "--file", "lineage.yml", "--check", "--output", "json")

    assert (behind.code, written.read_text()) == (1, before)
    assert behind.document["changed"] == ["intercom_customers"]
    assert behind.document["removed"] == ["intercom_companies"]
    assert "is behind" in behind.err
    assert shop.run("exposures", "--file", "lineage.yml").code == 0
    after = written.read_text()
    new = set(after.splitlines()) - set(before.splitlines())
    assert {line.split(":")[0].strip() for line in new} == {"description", "behaviour"}
    assert exposures_in(written).keys() == {"intercom_customers", "board"}
    assert (
        exposures_in(written)["intercom_customers"]["config"]["meta"]["intercom_activation"]["behaviour"]
        == "update"
    )
    assert "  # of ours\n" in after
    assert shop.run("exposures", "--file", "lineage.yml", "--check").code == 0


def test_what_is_switched_off_keeps_its_exposure_as_it_is(shop, written):
    before = written.read_bytes()
    block = shop.manifest()["nodes"]["model.shop.customers"]["config"]["meta"]["intercom"]
    shop.configure(customers={**block, "enabled": False, "behaviour": "update"})
    ran = shop.run("exposures", "--file", "lineage.yml")

    assert ran.code == 0, ran.text
    assert written.read_bytes() == before
    assert shop.run("exposures", "--file", "lineage.yml", "--check").code == 0
    assert shop.run("exposures", "--file", "new.yml").code == 0
    assert exposures_in(shop.folder / "new.yml").keys() == {"intercom_companies"}


def test_an_exposure_of_somebody_else_stays(shop, written):
    text = "exposures:\n  - {name: intercom_customers, type: dashboard, owner: {name: eve}}\n"
    written.write_text(text)
    ran = shop.run("exposures", "--file", "lineage.yml")

    assert (ran.code, written.read_text()) == (2, text)
    assert "which this command did not write" in ran.err


NEW = {"name": "new", "type": "application", "depends_on": ["ref('a')"]}
OLD = {"name": "old", "type": "application", "url": "http://new", "description": "Two\n\nlines # no comment"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("# a comment alone", id="a comment without an end of line"),
        pytest.param("version: 2\nexposures:\n", id="an empty section"),
        pytest.param("exposures: []  # none\nmodels:\n- name: x\n", id="an empty list before others"),
        pytest.param("exposures:\n- name: old\n  url: http://old  # here\n  type: application", id="no last end"),
        pytest.param("exposures:\r\n  - name: old\r\n    description: >\r\n      One\r\n\r\n  # x\r\nmodels: []\r\n", id="CRLF"),  # noqa: E501
        pytest.param("exposures:\n  - name: gone\n    url: x\n  # of old\n  - url: y\n    name: old\n", id="the first goes"),  # noqa: E501
        pytest.param("exposures:\n  - name: old\n  - name: gone\n    url: |\n      x\n\n# end\n", id="the last goes"),
    ],
)  # fmt: skip
def test_a_text_gets_what_is_new_and_keeps_its_comments(text):
    old = next(
        (each for each in (yaml.safe_load(text) or {}).get("exposures") or [] if each["name"] == "old"), None
    )
    wanted = [NEW] if old is None else [{**old, **OLD}, NEW]
    after = edited(text, wanted, ["gone"])

    found = {each["name"]: each for each in yaml.safe_load(after)["exposures"]}
    assert found == {each["name"]: each for each in wanted}
    assert [
        line for line in text.splitlines() if "#" in line and line.strip().split("#")[1] not in after
    ] == []
    assert ("\r\n" in after) == ("\r\n" in text)
    assert "\n" not in after.replace("\r\n", "") or "\r\n" not in text
    assert edited(after, wanted, []) == after


COMMENTED = """\
exposures:
  - name: old
    depends_on:  # 1
      # 2
      - ref('a')  # 3

      # 4
    config:  # 5
      # 6
      tags: [crm,   support]  # 7
      meta:
        # 8
        team:   "crm"  # 9
        intercom_activation:  # 10
          # 11
          object: contact  # 12
          constants:
            role: user
          fields:
            # 13
            email: mail  # 14
            name: full_name

        since: 2024  # 15
    # 16
    owner: {name:   ann}  # 17
"""
TOLD = {"object": "contact", "constants": {"role": "user"}, "fields": {"email": "mail", "name": "full_name"}}


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        pytest.param({}, set(), set(), id="nothing"),
        pytest.param({"object": "company"}, {"object"}, {"object"}, id="a text"),
        pytest.param({"fields": {"email": "e", "phone": "p"}}, {"email", "name"}, {"email", "phone"}, id="fields"),
        pytest.param({"constants": None}, {"constants", "role"}, set(), id="one goes"),
        pytest.param({"workspace": "test"}, set(), {"workspace"}, id="one comes"),
    ],
)  # fmt: skip
def test_all_but_the_changed_lines_stay_as_written(change, gone, new):
    (old,) = yaml.safe_load(COMMENTED)["exposures"]
    told = {name: value for name, value in {**TOLD, **change}.items() if value is not None}
    meta = {**old["config"]["meta"], "intercom_activation": told}
    wanted = {**old, "config": {**old["config"], "meta": meta}}
    for models in (["ref('b')"], ["ref('b')", "ref('c')"]):
        after = edited(COMMENTED, [{**wanted, "depends_on": models}], [])
        lost = [line for line in COMMENTED.splitlines() if line not in after.splitlines()]
        added = [line for line in after.splitlines() if line not in COMMENTED.splitlines()]

        assert {line.split(":")[0].strip() for line in lost} == {"- ref('a')  # 3", *gone}
        assert {line.split(":")[0].strip() for line in added} == {f"- {models[0]}  # 3", *new} | {
            f"- {each}" for each in models[1:]
        }
        assert [
            number for number in range(1, 18) if not re.search(rf"# {number}$", after, re.MULTILINE)
        ] == []
        assert edited(after, [old], []).count("#") == COMMENTED.count("#")


@pytest.mark.parametrize(
    "old",
    [
        "    description: >  # folded\n      One\n",
        "    description:  # on the next line\n      One\n",
        "    meta: {a: 1,  # of ours\n      b: 2}\n",
        "    meta:\n      # of ours\n      a: 1\n",
    ],
)
def test_a_text_that_would_lose_a_comment_is_left_alone(old):
    text = f"exposures:\n  - name: old\n{old}    type: application\n"
    (before,) = yaml.safe_load(text)["exposures"]
    with pytest.raises(NotEditable):
        edited(text, [{**before, "description": "Two", "meta": {}}], [])


@pytest.mark.parametrize(
    "text",
    [
        "exposures: [{name: old}]",
        "{exposures: []}",
        "exposures: {name: old}",
        "exposures: [1]",
        "- 1",
        "a: [",
    ],
)
def test_a_text_of_another_form_is_left_alone(text):
    with pytest.raises(NotEditable):
        edited(text, [OLD], [])
