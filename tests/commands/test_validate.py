"""`validate` tells what dbt would tell when it parses, from files or a manifest, without dbt."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from shop_harness import PROJECTS, dbt_in

from dbt_intercom_activate.cli import run
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.unparsed import read_unparsed
from dbt_intercom_activate.project import manifest as manifests
from dbt_intercom_activate.project.source_files import SourceFiles

TESTS = Path(__file__).parents[1]
WRITTEN = TESTS / "project" / "versions"
SAMPLE = TESTS.parent / "sample_project"

CONTACT = "object: contact, behaviour: upsert, identifier: external_id, fields: {external_id: id}"

RICH = {
    "dbt_project.yml": """
        name: shop
        version: 1.0.0
        profile: shop
        model-paths: [models, more]
        models:
          +meta: {intercom_defaults: {nulls: skip}}
          shop:
            crm:
              +meta: {intercom: {object: contact, behaviour: upsert, identifier: email, fields: {email: mail}}}
              old: {+enabled: false}
              quiet: {+meta: {intercom: null}}
              +tags: [nightly]
        snapshots: {shop: {past: {+meta: {intercom_defaults: {gate: parents}}}}}
        vars: {intercom_activate: {validate: warn}}
    """,
    "models/crm/inherits.sql": "select 1 as mail",
    "models/crm/says_more.sql": "select 1 as mail",
    "models/crm/quiet/silent.sql": "select 1 as mail",
    "models/crm/old/gone.sql": "select 1 as mail",
    "models/switched.sql": "{{ config(enabled=false) }} select 1 as id",
    "models/in_sql.sql": """
        {% set day = var('day', 'monday') %}
        {{ config(materialized='table') }}
        {{ config(meta={'intercom': {'object': 'event', 'behaviour': 'send', 'identifier': 'email',
                  'fields': {'email': 'mail', 'created_at': 'at'}, 'constants': {'event_name': 'seen'}}}) }}
        select 1 as mail, 2 as at
    """,
    "more/firms_v1.sql": "select 1 as id",
    "more/firms.sql": "select 1 as id",
    "more/other.sql": "select 1 as id",
    "seeds/tags.csv": "id,tag\n1,a\n",
    "snapshots/past.sql": """
        {% snapshot before %}
        {{ config(unique_key='id', strategy='check', check_cols='all', target_schema='main',
                  meta={'intercom': {'object': 'contact', 'behaviour': 'update', 'identifier': 'email',
                                     'fields': {'email': 'mail'}}}) }}
        select 1 as id, 2 as mail
        {% endsnapshot %}
        {% snapshot after %}
        {{ config(unique_key='id', strategy='check', check_cols='all', target_schema='main') }}
        select 1 as id
        {% endsnapshot %}
    """,
    "models/crm/crm.yml": """
        models:
          - name: says_more
            config: {meta: {intercom_defaults: {gate: parents}}}
            columns: [{name: full_name, config: {meta: {intercom: name}}}]
          - name: gone
    """,
    "models/others.yml": f"""
        models:
          - name: switched
            config: {{meta: {{intercom: {{{CONTACT}}}}}}}
          - name: firms
            latest_version: 2
            config:
              meta: {{intercom: {{object: company, behaviour: upsert, identifier: company_id,
                                  fields: {{company_id: id}}}}}}
            columns:
              - {{name: id}}
              - {{name: label, config: {{meta: {{intercom: name}}}}}}
              - {{name: web, config: {{meta: {{intercom: website}}}}}}
            versions:
              - {{v: 1}}
              - v: 2
                columns:
                  - {{include: all, exclude: [web]}}
                  - {{name: staff, config: {{meta: {{intercom: size}}}}}}
              - v: 3
                defined_in: other
                config: {{meta: {{intercom: {{fields: {{name: title}}, workspace: elsewhere}}}}}}
                columns: [{{include: [id]}}]
        seeds:
          - name: tags
            config:
              meta:
                intercom:
                  - {{name: vip, object: contact_tag, behaviour: attach, identifier: external_id,
                      fields: {{external_id: id, tag: tag}}}}
                  - {{name: born, {CONTACT}, constants: {{signed_up_at: 2024-05-31}}}}
        snapshots:
          - name: after
            config: {{meta: {{intercom: {{{CONTACT}}}}}}}
        sources:
          - {{name: raw, tables: [{{name: people}}]}}
    """,
}


@pytest.fixture
def project(tmp_path):
    """Make a project of files; the first lines' indentation is not theirs."""

    def make(files):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            lines = text.strip("\n").splitlines()
            indent = len(lines[0]) - len(lines[0].lstrip())
            file.write_text("\n".join(line[indent:] for line in lines).rstrip() + "\n")
        return tmp_path

    return make


@pytest.fixture
def one(project):
    """Make a project with the model `people` and this `intercom`."""

    def make(intercom, **more):
        return project(
            {
                "dbt_project.yml": "name: shop\nprofile: shop",
                "models/people.sql": "select 1 as id",
                "models/people.yml": f"models: [{{name: people, config: {{meta: {{intercom: {intercom}}}}}}}]",
                **more,
            }
        )

    return make


@pytest.fixture
def validate(capsys):
    """Run the command; returns its exit code and what it wrote."""

    def command(folder, *arguments):
        code = run(["validate", "--project-dir", str(folder), *arguments])
        return code, "".join(capsys.readouterr())

    return command


def facts(manifest, folder):
    """What a manifest means, by activation."""
    left_out = ("node", "origin")
    return {
        each.name: {name: getattr(each, name) for name in each.__dataclass_fields__ if name not in left_out}
        | {"node": each.node.unique_id, "file": each.node.file}
        for each in activations_of(manifests.from_dict(manifest), folder)
    }


def said_by_files(folder):
    unparsed = read_unparsed(SourceFiles(folder))
    assert (unparsed.mistakes, unparsed.unjudged) == ((), ())
    return facts(unparsed.manifest, folder)


def said_by_dbt(folder):
    parsed = dbt_in(folder, "parse", "--no-partial-parse")
    assert parsed.success, parsed.exception
    return facts(json.loads((folder / "target" / "manifest.json").read_text()), folder)


def test_the_files_say_what_dbt_says(project):
    folder = project(RICH)
    shutil.copy(PROJECTS / "shop" / "profiles.yml", folder)

    found = said_by_files(folder)
    assert found == said_by_dbt(folder)
    assert len(found) == 9


@pytest.mark.parametrize("version", ["1.11.16", "2.0.0-alpha.1"])
def test_the_files_say_what_each_dbt_wrote(version):
    manifest = json.loads((WRITTEN / "data" / version / "manifest.json").read_text())

    assert said_by_files(WRITTEN / "project") == facts(manifest, WRITTEN / "project")


def test_a_good_project_has_no_mistakes(validate):
    code, text = validate(SAMPLE, "--from", "files")

    assert (code, "6 activations in the files of the project: no mistakes" in text) == (0, True)


def test_a_manifest_of_dbt_two_is_enough(validate):
    code, text = validate(
        WRITTEN / "project",
        *("--from", "manifest", "--target-path", str(WRITTEN / "data" / "2.0.0-alpha.1")),
    )

    assert code == 0
    assert "8 activations" in text
    assert "(dbt 2.0.0-alpha.1): no mistakes" in text


def test_all_mistakes_are_told_at_once(validate, project):
    folder = project(
        {
            "dbt_project.yml": "name: shop\nprofile: shop\nvars: {intercom_activate: {validate: loudly}}",
            "models/people.sql": "select 1 as id",
            "models/people.yml": """
                models:
                  - name: people
                    config:
                      meta:
                        intercom:
                          object: contact
                          behaviour: upsert
                          identifier: extrnal_id
                          fields: {emial: email}
            """,
            "models/broken.yml": "models:\n  - name: other\n    meta: {intercom: [}",
        }
    )
    code, text = validate(folder)

    assert code == 2
    assert "4 mistakes in the configuration" in text
    assert "models/broken.yml:3: the file: expected YAML, found " in text
    assert "models/people.yml:8: people: meta.intercom.identifier: expected external_id, email or id" in text
    assert "models/people.yml:9: people: meta.intercom.fields.emial: " in text
    assert (
        'dbt_project.yml: vars.intercom_activate.validate: expected error, warn or off, found "loudly"'
        in text
    )


def test_json_has_each_mistake_by_its_parts(validate, one):
    folder = one("{object: contact, behaviour: merge, identifier: email, fields: {email: mail}}")
    code, text = validate(folder, "--output", "json")
    document = json.loads(text.splitlines()[0])

    assert code == document["exit_code"] == 2
    [mistake] = document["results"]
    assert (mistake["file"], mistake["line"], mistake["node"]) == ("models/people.yml", 1, "people")
    assert (mistake["key_path"], mistake["found"]) == ("meta.intercom.behaviour", '"merge"')


@pytest.mark.parametrize(
    ("section", "owner"),
    [
        pytest.param("sources: [{name: raw, tables: [{name: x, META}]}]", "source", id="source"),
        pytest.param("exposures: [{name: x, type: dashboard, META}]", "exposure", id="exposure"),
    ],
)
def test_what_carries_no_activation_is_told(validate, one, section, owner):
    meta = f"config: {{meta: {{intercom: {{{CONTACT}}}}}}}"
    code, text = validate(one(f"{{{CONTACT}}}", **{"models/more.yml": section.replace("META", meta)}))

    assert code == 2
    assert f"expected it on a model, seed or snapshot, found it on a {owner}" in text


def test_jinja_that_decides_is_left_to_dbt(validate, one):
    code, text = validate(one("{object: \"{{ var('object') }}\", behaviour: upsert}"))

    assert code == 0
    assert "models/people.yml: people: not judged, since it rests on Jinja that only dbt renders" in text


def test_jinja_that_decides_nothing_leaves_the_rest_judged(validate, one):
    enabled = "\"{{ target.name == 'prod' }}\""
    code, text = validate(
        one(f"{{{CONTACT}, enabled: {enabled}}}".replace("{external_id: id}", "{emial: id}"))
    )

    assert code == 2
    assert "meta.intercom.fields.emial" in text


def test_a_config_that_is_computed_is_left_to_dbt(validate, one):
    code, text = validate(
        one("null", **{"models/other.sql": "{{ config(meta={'intercom': var('block')}) }} select 1 as id"})
    )

    assert code == 0
    assert "models/other.sql: other: not judged" in text


def test_an_entry_without_a_model_is_told(validate, one):
    folder = one(f"{{{CONTACT}}}")
    (folder / "models" / "people.sql").unlink()
    code, text = validate(folder)

    assert code == 0
    assert "models/people.yml: people: not judged, since the project has no model of that name" in text


def test_the_newer_of_manifest_and_files_is_read(validate, one):
    folder = one(f"{{{CONTACT}}}")
    (folder / "target").mkdir()
    manifest = folder / "target" / "manifest.json"
    shutil.copy(WRITTEN / "data" / "1.11.16" / "manifest.json", manifest)
    os.utime(manifest, (2_000_000_000, 2_000_000_000))
    assert "8 activations in " in validate(folder)[1]

    os.utime(manifest, (1, 1))
    assert "1 activation in the files of the project" in validate(folder)[1]
    assert "8 activations in " in validate(folder, "--from", "manifest")[1]


def test_no_manifest_is_told_where_one_is_asked_for(validate, one):
    code, text = validate(one(f"{{{CONTACT}}}"), "--from", "manifest")

    assert (code, "there is no manifest" in text) == (2, True)


def test_the_plugin_tells_the_same_mistakes(validate, shop):
    schema = shop.folder / "models" / "shop.yml"
    schema.write_text(schema.read_text().replace("identifier: external_id", "identifier: extrnal_id"))
    mistakes = [line for line in validate(shop.folder)[1].splitlines() if line.startswith("  ")]

    parsed = dbt_in(shop.folder, "parse")
    assert mistakes
    for mistake in mistakes:
        assert mistake in str(parsed.exception)


def test_pre_commit_calls_a_command_that_is_there():
    [hook] = yaml.safe_load((TESTS.parent / ".pre-commit-hooks.yaml").read_text())

    program, command = hook["entry"].split()
    assert program == "dbt-intercom-activate"
    assert command in cli.commands
    assert hook["pass_filenames"] is False


@pytest.mark.parametrize(
    ("config", "found"),
    [
        pytest.param(
            f"{{meta: {{intercomm: {{{CONTACT}}}}}}}",
            'meta.intercomm: expected `intercom`, found "intercomm"',
            id="a slip",
        ),
        pytest.param(
            f"{{meta: {{intercon: {{{CONTACT}}}}}}}",
            'meta.intercon: expected `intercom`, found "intercon"',
            id="a wrong end",
        ),
        pytest.param(
            f"{{intercom: {{{CONTACT}}}}}", "config.intercom: expected `meta` between them", id="no meta"
        ),
    ],
)
def test_what_is_meant_as_an_activation_is_told(validate, project, config, found):
    folder = project(
        {
            "dbt_project.yml": "name: shop\nprofile: shop",
            "models/people.sql": "select 1 as id",
            "models/people.yml": f"models: [{{name: people, config: {config}}}]",
        }
    )
    code, text = validate(folder)

    assert code == 2
    assert found in text


def test_jinja_in_a_condition_leaves_the_rest_judged(validate, one):
    code, text = validate(one(f"{{{CONTACT}, where: \"day = '{{{{ var('day') }}}}'\", nulls: never}}"))

    assert code == 2
    assert "meta.intercom.nulls: expected send or skip" in text
