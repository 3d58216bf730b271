"""The view of manifest.json, on documents of several versions and on one that dbt itself has just written."""

from __future__ import annotations

import contextlib
import io
import textwrap
from importlib.metadata import version

import pytest

from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.errors import ArtifactError, ConfigurationError
from dbt_intercom_activate.project import manifest as manifests

FILES = {
    "dbt_project.yml": """
        name: shop
        profile: shop
        model-paths: [models]
        seed-paths: [seeds]
        snapshot-paths: [snapshots]
        models:
          shop:
            crm:
              +meta: {intercom_defaults: {nulls: skip, fields: {name: full_name}}}
            legacy:
              +meta:
                intercom: {object: contact, behaviour: upsert, identifier: phone, fields: {email: e}}
    """,
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}",
    "seeds/people.csv": "id,mail\n1,a@b.example\n",
    "models/crm/customers.sql": "select 1 as customer_id, 'a' as mail, 'n' as full_name, 1 as ltv",
    "models/crm/accounts.sql": "select 1 as id",
    "models/crm/accounts_v2.sql": "select 1 as id, 2 as seats",
    "models/legacy/old.sql": "select 1 as e",
    "models/crm/in_sql.sql": """
        {{ config(meta={'intercom': {'object': 'contact', 'behaviour': 'upsert'}}) }}
        select 1 as e
    """,
    "models/crm/schema.yml": """
        version: 2
        models:
          - name: customers
            config:
              meta:
                intercom:
                  object: contact
                  behaviour: upsert
                  identifier: external_id
                  fields:
                    external_id: customer_id
                    custom_attributes.since: "{{ env_var('SINCE', 'started') }}"
                  constants: {signed_up_at: 2024-05-31}
            columns:
              - name: ltv
                config: {meta: {intercom: custom_attributes.ltv}}
              - name: customer_id
                data_tests: [unique, {not_null: {config: {severity: warn}}}]
          - name: accounts
            latest_version: 2
            config:
              meta:
                intercom:
                  object: company
                  behaviour: upsert
                  identifier: company_id
                  fields: {company_id: id}
            versions:
              - v: 1
                defined_in: accounts
              - v: 2
                config:
                  meta:
                    intercom:
                      fields: {sise: seats}
        seeds:
          - name: people
            meta: {intercom: {object: contact, behaviour: insert, identifier: email, fields: {email: mail}}}
        unit_tests:
          - name: adds_up
            model: customers
            given: []
            expect: {rows: [{customer_id: 1}]}
    """,
    "snapshots/history.yml": """
        snapshots:
          - name: history
            relation: ref('customers')
            config:
              unique_key: customer_id
              strategy: check
              check_cols: [mail]
              meta:
                intercom: {object: contact, behaviour: update, identifier: email, fields: {email: m, tags: x}}
    """,
}

if not version("dbt-core").startswith("1.8."):
    SNAPSHOT_IN_SQL = {}
else:  # which reads what a YAML file says of a snapshot, but no snapshot that stands in YAML alone
    SNAPSHOT_IN_SQL = {
        "snapshots/history.sql": """
            {% snapshot history %}
            {{ config(target_schema='main', unique_key='customer_id', strategy='check', check_cols=['mail']) }}
            select * from {{ ref('customers') }}
            {% endsnapshot %}
        """
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Write a project and let dbt parse it once."""
    from dbt.cli.main import dbtRunner

    root = tmp_path_factory.mktemp("shop")
    for name, text in (FILES | SNAPSHOT_IN_SQL).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    arguments = ["--log-level", "none", "--log-path", str(root / "logs"), "parse"]
    # The plugin would end the command: the project has mistakes that these tests look for themselves.
    arguments += ["--vars", "{intercom_activate: {validate: 'off'}}"]
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke([*arguments, "--project-dir", str(root), "--profiles-dir", str(root)])
    assert result.success, result.exception
    return root


@pytest.fixture(scope="module")
def manifest(project):
    return manifests.read(project / "target" / "manifest.json")


def test_a_manifest_of_dbt_is_read(manifest):
    node = manifest.nodes["model.shop.customers"]

    assert (manifest.project_name, manifest.adapter_type) == ("shop", "duckdb")
    assert manifest.dbt_version.startswith("1.")
    assert manifest.invocation_id
    assert (node.file, node.original_file_path) == ("models/crm/schema.yml", "models/crm/customers.sql")
    assert (node.relation_name, node.materialized) == ('"memory"."main"."customers"', "view")
    assert [column.name for column in node.columns] == ["ltv", "customer_id"]
    assert manifest.parents("snapshot.shop.history") == ("model.shop.customers",)


def test_tests_know_what_they_concern(manifest):
    tests = {test.name: (test.severity, test.concerns) for test in manifest.tests.values()}

    assert tests == {
        "unique_customers_customer_id": ("error", ("model.shop.customers",)),
        "not_null_customers_customer_id": ("warn", ("model.shop.customers",)),
        "adds_up": ("error", ("model.shop.customers",)),
    }


def test_dbt_merges_meta_and_mistakes_name_its_lines(project, manifest):
    with pytest.raises(ConfigurationError) as caught:
        activations_of(manifest, project)

    places = {str(mistake).split(": expected")[0] for mistake in caught.value.mistakes}
    assert places == {
        "dbt_project.yml: old: meta.intercom.identifier",
        "models/crm/in_sql.sql: in_sql: meta.intercom.identifier",
        "models/crm/schema.yml:35: accounts.v2: meta.intercom.fields.sise",
        "snapshots/history.yml:9: history: meta.intercom.fields.tags",
    }


def test_activations_of_a_real_manifest(project, manifest):
    wanted = ("model.shop.customers", "model.shop.accounts.v1", "seed.shop.people")
    nodes = {unique_id: manifest.nodes[unique_id] for unique_id in wanted}
    sound = manifests.Manifest(
        manifest.project_name, manifest.dbt_version, manifest.adapter_type, None, nodes, manifest.tests
    )

    activations = {activation.name: activation for activation in activations_of(sound, project)}

    customers = activations["customers"]
    # The older version of accounts says nothing of its own.
    assert list(activations) == ["customers", "people"]
    assert customers.fields == {
        "external_id": "customer_id",
        "custom_attributes.since": "started",
        "custom_attributes.ltv": "ltv",
        "name": "full_name",
    }
    assert customers.nulls == "skip"
    assert customers.constants == {"signed_up_at": 1717113600}
    wrong = customers.mistake("fields.custom_attributes.ltv", expected="x", found="y")
    assert (wrong.file, wrong.line) == ("models/crm/schema.yml", 16)


@pytest.mark.parametrize(
    ("dbt_version", "column", "meta"),
    [
        pytest.param("1.8.10", {"meta": {"a": 1}, "config": {}}, {"a": 1}, id="dbt 1.8 has meta only"),
        pytest.param(
            "1.9.0", {"meta": {"a": 1}, "config": {"meta": {"a": 2}}}, {"a": 2}, id="config wins before 1.10"
        ),
        pytest.param(
            "2.0.0a1", {"meta": {"intercom": {}}, "config": {}}, {}, id="dbt 2 copies the model's meta"
        ),
        pytest.param("2.0.9", {"meta": {}, "config": {"meta": {"a": 2}}}, {"a": 2}, id="dbt 2 has config"),
    ],
)
def test_where_the_meta_of_a_column_stands(dbt_version, column, meta, as_manifest):
    raw = as_manifest("models: [{name: a, columns: [{name: c}]}]", dbt_version=dbt_version)
    raw["nodes"]["model.shop.a"]["columns"]["c"] = {"name": "c", **column}

    (found,) = manifests.from_dict(raw).nodes["model.shop.a"].columns

    assert found.meta == meta


def test_a_missing_manifest_says_what_to_run(tmp_path):
    with pytest.raises(ArtifactError, match="Run `dbt build` \\(or `dbt parse`\\) first"):
        manifests.read(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "cannot be read", id="no JSON"),
        pytest.param("[]", "is not a manifest of dbt", id="another document"),
        pytest.param(
            '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v11.json"}}',
            "expected version 12",
            id="an older dbt",
        ),
        pytest.param(
            '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"}}',
            "is not a manifest of dbt",
            id="another artifact",
        ),
    ],
)
def test_a_document_that_is_no_manifest_is_refused(text, message, tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(text)

    with pytest.raises(ArtifactError, match=message):
        manifests.read(path)


def test_a_missing_schema_file_leaves_the_line_open(as_manifest, tmp_path):
    manifest = manifests.from_dict(as_manifest("models: [{name: a, config: {meta: {intercom: 5}}}]"))
    (tmp_path / "models").mkdir()
    places = []
    for text in (None, "models: [", "models: &a [*a]", "models: {a: 1}"):
        if text is not None:
            (tmp_path / "models" / "schema.yml").write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            activations_of(manifest, tmp_path)
        places.append((caught.value.mistakes[0].file, caught.value.mistakes[0].line))

    assert places == [("models/schema.yml", None)] * 4
