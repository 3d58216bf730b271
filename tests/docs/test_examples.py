"""Every example on every page is right: YAML, JSON, and command lines."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
from typing import TYPE_CHECKING, Any

import click
import jsonschema
import pytest
import yaml
from dbt.cli.main import cli as dbt
from pages_of_the_docs import DOCS, OURS, PAGES, blocks, command_lines, command_lines_in_blocks, named, prose

from dbt_intercom_activate.cli.build import _shared
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.cli.options import spread_multiples
from dbt_intercom_activate.configuration.activation import activations_of
from dbt_intercom_activate.configuration.json_schema import SCHEMAS
from dbt_intercom_activate.configuration.plugin_settings import read_settings
from dbt_intercom_activate.project import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# YAML: every block is of a kind that is known, and judged as that


def _mistakes(name: str, document: object) -> list[str]:
    plain = json.loads(json.dumps(document, default=str))
    return [each.message for each in jsonschema.Draft7Validator(SCHEMAS[name]()).iter_errors(plain)]


def _properties(document: Mapping[str, Any]) -> None:
    """A YAML file of dbt's: its shape, and what its activations mean."""
    assert _mistakes("properties", document) == []
    nodes = [
        _node(kind, each) for kind in ("models", "seeds", "snapshots") for each in document.get(kind) or ()
    ]
    known = {"dbt_schema_version": f"/manifest/v{manifests.KNOWN_SCHEMA}.json", "dbt_version": "1.11.0"}
    manifest = manifests.from_dict({"metadata": known, "nodes": {each["unique_id"]: each for each in nodes}})
    activations_of(manifest, PAGES[0].parent)


def _node(kind: str, described: Mapping[str, Any]) -> dict[str, Any]:
    resource = kind.removesuffix("s")
    columns = {each["name"]: each for each in described.get("columns") or ()}
    return {
        "unique_id": f"{resource}.shop.{described['name']}",
        "resource_type": resource,
        "name": described["name"],
        "package_name": "shop",
        "original_file_path": "models/schema.yml",
        "config": {"materialized": "table", **(described.get("config") or {})},
        "columns": columns,
    }


def _dbt_project(document: Mapping[str, Any]) -> None:
    read_settings(document.get("vars") or {}, str(document.get("name", "shop")), {})
    for meta in _metas(document):
        for block in (meta.get("intercom_defaults"), meta.get("intercom")):
            allowed = {"models": [{"name": "x", "config": {"meta": {"intercom_defaults": block or {}}}}]}
            assert _mistakes("properties", allowed) == []


def _metas(document: object) -> list[Mapping[str, Any]]:
    if isinstance(document, list):
        return [meta for each in document for meta in _metas(each)]
    if not isinstance(document, dict):
        return []
    own = [value for key, value in document.items() if key in ("meta", "+meta")]
    return own + [meta for value in document.values() for meta in _metas(value)]


def _intercom_yml(document: Mapping[str, Any]) -> None:
    assert _mistakes("intercom.yml", document) == []


def _profiles(document: Mapping[str, Any]) -> None:
    for profile in document.values():
        assert profile["target"] in profile["outputs"] or "{{" in profile["target"]
        assert all("type" in output for output in profile["outputs"].values())


def _workflow(document: Mapping[str, Any]) -> None:
    assert True in document, "YAML reads `on:` as true"
    for job in document["jobs"].values():
        assert "runs-on" in job or "uses" in job
        assert all("run" in step or "uses" in step for step in job.get("steps") or ())


def _packages(document: Mapping[str, Any]) -> None:
    assert all({"package", "git", "local", "tarball"} & each.keys() for each in document["packages"])


def _pre_commit(document: Mapping[str, Any]) -> None:
    known = {
        each["id"]
        for each in yaml.safe_load((DOCS.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    }
    assert {hook["id"] for repository in document["repos"] for hook in repository["hooks"]} <= known


def _nothing_of_ours(document: Mapping[str, Any]) -> None:
    """A file of another program: it parses, and that is all that can be said."""
    assert document


def _lists(*names: str) -> Callable[[Mapping[Any, Any]], bool]:
    return lambda document: any(isinstance(document.get(name), list) for name in names)


DBT_PROJECT = {"name", "profile", "vars", "models", "seeds", "snapshots", "data_tests", "flags", "dispatch"}

KINDS: list[tuple[str, Callable[[Mapping[Any, Any]], bool], Callable[[Mapping[Any, Any]], None]]] = [
    ("GitHub workflow", lambda found: "jobs" in found, _workflow),
    (".pre-commit-config.yaml", _lists("repos"), _pre_commit),
    ("packages.yml", _lists("packages"), _packages),
    ("YAML file of dbt", _lists("models", "seeds", "snapshots"), _properties),
    ("YAML file of dbt", _lists("sources", "exposures", "selectors", "unit_tests"), _nothing_of_ours),
    ("intercom.yml", lambda found: bool(found.keys() & {"workspaces", "ledger"}), _intercom_yml),
    ("dbt_project.yml", lambda found: bool(found.keys() & DBT_PROJECT), _dbt_project),
    (
        "profiles.yml",
        lambda found: all(isinstance(each, dict) and "outputs" in each for each in found.values()),
        _profiles,
    ),
    ("Compose file", lambda found: "services" in found, _nothing_of_ours),
    ("Kubernetes", lambda found: {"apiVersion", "kind"} <= found.keys(), _nothing_of_ours),
]


@pytest.mark.parametrize("block", blocks("yaml", "yml"), ids=str)
def test_a_yaml_example_is_of_a_known_kind_and_right(block):
    for document in yaml.safe_load_all(block.text):
        assert isinstance(document, dict), "begin the example at the first key of its file"
        kinds = [judge for _, is_one, judge in KINDS if is_one(document)]
        assert kinds, f"none of {', '.join(dict.fromkeys(name for name, *_ in KINDS))}"
        kinds[0](document)


def test_no_example_hides_its_language():
    """Most of what is shown is YAML, and a block without a language would not be judged."""
    hidden = [
        str(block)
        for block in blocks("")
        if re.search(
            r"^ *(object: \w|access_token:|workspaces:|meta:|\+meta:|- name: )", block.text, re.MULTILINE
        )
    ]
    assert hidden == []


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_a_json_example_is_json(block):
    json.loads(block.text)


# Command lines


def _parse(command: click.Command, name: str, arguments: list[str]) -> None:
    try:
        with command.make_context(name, arguments):
            pass
    except click.exceptions.Exit:
        pass  # --help


def _judge_ours(words: list[str]) -> None:
    if words and words[0] in ("--help", "-h", "--version"):
        return
    assert words[:1] != []
    assert words[0] in cli.commands
    name, arguments = words[0], spread_multiples(words[1:])
    _parse(cli.commands[name], name, list(arguments))
    if name in ("build", "run"):
        passed_on = cli.commands[name].make_context(name, list(arguments)).params["arguments"]
        _parse(_shared, "dbt", list(passed_on))
        _judge_dbts([name, *passed_on])
    if name == "sandbox" and "--run" in words:
        run = words[words.index("--run") + 1].split()
        if run[0] == OURS:
            _judge_ours(run[1:])


def _judge_dbts(words: list[str]) -> None:
    command: click.Command = dbt
    while isinstance(command, click.Group):
        command, words = command.commands[words[0]], words[1:]
    anywhere = copy.copy(command)
    anywhere.params = [_wherever(each) for each in command.params]
    _parse(anywhere, "dbt", [word for word in words if not word.startswith("activation:")])


def _wherever(option: click.Parameter) -> click.Parameter:
    """An option whose path may exist on the reader's machine only."""
    if not isinstance(option.type, click.Path):
        return option
    copied = copy.copy(option)
    copied.type = click.Path()
    return copied


PLACEHOLDERS = re.compile(r"…|\.\.\.|^\[|^NAME$|\$\{\{")
OUR_LINES = [each for each in command_lines(OURS) if not any(map(PLACEHOLDERS.search, each.words))]
DBT_LINES = [each for each in command_lines_in_blocks("dbt") if not any(map(PLACEHOLDERS.search, each.words))]


@pytest.mark.parametrize("line", OUR_LINES, ids=str)
def test_a_command_line_of_ours_would_be_accepted(line):
    _judge_ours(list(line.words[1:]))


@pytest.mark.parametrize("line", DBT_LINES, ids=str)
def test_a_command_line_of_dbts_would_be_accepted(line):
    _judge_dbts(list(line.words[1:]))


def _spans() -> list[tuple[str, list[str]]]:
    """What stands in a sentence as `retry --maybe-delivered`, without the program's name."""
    commands = "|".join(name for name, command in cli.commands.items() if not command.hidden)
    return [
        (named(page), span.split())
        for page in PAGES
        for span in re.findall(rf"`((?:{commands}) --?[a-z][^`]*)`", prose(page))
        if not PLACEHOLDERS.search(span)
    ]


@pytest.mark.parametrize(("page", "words"), [pytest.param(*each, id=" ".join(each[1])) for each in _spans()])
def test_a_command_in_a_sentence_has_options_that_exist(page, words):
    known = _options(cli.commands[words[0]])
    if words[0] in ("build", "run"):
        known |= _options(_shared) | _options(dbt.commands[words[0]])
    written = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
    assert not written - known, page


def _options(command: click.Command) -> set[str]:
    return {
        spelling
        for option in command.params
        if isinstance(option, click.Option)
        for spelling in (*option.opts, *option.secondary_opts)
    }


def test_modules_that_the_pages_name_are_there():
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    modules = set(re.findall(r"\bfrom (dbt_intercom_activate[\w.]*) import", pages))
    assert modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
