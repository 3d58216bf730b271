"""docs/reference says what the code says, and leaves nothing out."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import click
import pytest
from pages_of_the_docs import DOCS

import dbt_intercom_activate
from dbt_intercom_activate.cli.group import cli
from dbt_intercom_activate.configuration.alerts import AlertSettings
from dbt_intercom_activate.configuration.entry import Entry
from dbt_intercom_activate.configuration.intercom_file import KEYS
from dbt_intercom_activate.configuration.plugin_settings import PluginSettings
from dbt_intercom_activate.configuration.settings import Settings
from dbt_intercom_activate.configuration.workspace import LedgerPlace
from dbt_intercom_activate.ledger.changes import LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.objects.vocabulary import Archived, Gate, Nulls, Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation
from dbt_intercom_activate.outcomes.results import Status
from docs.generator import FOLDER, PAGES, filled, stale

CONFIGURATION, FIELDS, COMMANDS, CODES = (
    (FOLDER / name).read_text(encoding="utf-8")
    for name in ("configuration.md", "fields.md", "commands.md", "codes.md")
)

PACKAGE = Path(dbt_intercom_activate.__file__).parent


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    after = page.partition(f"\n{heading}\n")[2]
    assert after, f"no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def test_every_block_is_what_the_code_says():
    assert {path.name for path in stale()} == set(), "run `make format`, and commit what it writes"


PAGE = "Prose.\n\n<!-- begin: words -->\nold\n<!-- end: words -->\n\nMore prose.\n"


def test_filling_a_block_leaves_the_prose():
    page = filled(PAGE, {"words": lambda: "new"})
    assert page == PAGE.replace("old", "\nnew\n")
    assert filled(page, {"words": lambda: "new"}) == page


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        pytest.param(PAGE, {}, id="a block that nothing fills"),
        pytest.param(PAGE, {"words": str, "more": str}, id="a block that is missing"),
        pytest.param(PAGE + PAGE, {"words": str}, id="a block that stands twice"),
        pytest.param(PAGE.replace("end: words", "end: word"), {"words": str}, id="a block without its end"),
    ],
)
def test_a_page_has_each_block_once(page, blocks):
    with pytest.raises(ValueError, match="each of these blocks once"):
        filled(page, blocks)


def test_the_folder_holds_nothing_else():
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


# What follows does not ask the generator, which could forget something.


@pytest.mark.parametrize("key", [each.name for each in dataclasses.fields(Entry)])
def test_every_key_of_an_activation_has_its_place(key):
    said = section(section(CONFIGURATION, "## `meta.intercom`"), f"### `{key}`")
    assert "\n- " in said
    assert re.search(r"Required|Default|is no key", said)


@pytest.mark.parametrize("word", [*Nulls, *Removed, *Archived, *Gate], ids=str)
def test_every_word_of_a_key_is_explained(word):
    key = type(word).__name__.lower()
    assert re.search(rf"^- `{word}`: \S+ \S+", section(CONFIGURATION, f"### `{key}`"), re.MULTILINE)


def test_every_key_of_intercom_yml_has_its_place():
    page = section(CONFIGURATION, "## intercom.yml")
    for key in KEYS:
        assert section(page, f"### `{key}`")
    for owner, below in ((Settings, "workspaces"), (LedgerPlace, "ledger"), (AlertSettings, "alerts")):
        rows = re.findall(r"^\| `(\w+)` \| \S", section(page, f"### `{below}`"), re.MULTILINE)
        assert rows == [each.name for each in dataclasses.fields(owner)]


def test_every_variable_of_the_dbt_project_has_its_place():
    page = section(CONFIGURATION, "## The dbt plugin: `vars`")
    for key in dataclasses.fields(PluginSettings):
        assert section(page, f"### `{key.name}`")


def variables_in_the_code() -> set[str]:
    """The names of environment variables of ours that the code has as texts of their own."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"^INTERCOM_[A-Z_]+$", node.value))
    return found


def test_every_environment_variable_has_its_place():
    rows = re.findall(r"^\| `([A-Z_]+)` \|", section(CONFIGURATION, "## Environment variables"), re.MULTILINE)
    assert len(variables_in_the_code()) > 5
    assert set(rows) == variables_in_the_code()


@pytest.mark.parametrize("owner", OBJECTS.values(), ids=lambda owner: owner.name)
def test_every_field_has_its_place(owner):
    said = section(FIELDS, f"## {owner.name}")
    rows = re.findall(r"^\| `([\w.…]+)` \| \S", said, re.MULTILINE)
    open_ones = [f"{owner.open_prefix}…"] if owner.open_prefix else []
    if owner.open_names:
        halves = [half for pair in owner.open_names.pairs for half in pair.halves]
        open_ones += [f"{owner.open_prefix}….{half}" for half in halves]
    written = [*owner.fields, *open_ones, *owner.read_only]
    assert rows == written


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(("dbt_intercom_activate.binding.values", "MAX_INTEGER"), id="the largest integer"),
        pytest.param(("dbt_intercom_activate.binding.values", "MAX_ATTRIBUTE_LENGTH"), id="the longest text"),
        pytest.param(
            ("dbt_intercom_activate.objects.model", "LONGEST_ATTRIBUTE_NAME"), id="the longest name"
        ),
    ],
)
def test_limits_are_those_of_the_code(number):
    module, name = number
    assert str(getattr(__import__(module, fromlist=[name]), name)) in FIELDS


def test_as_many_removals_are_always_allowed_as_is_said():
    from dbt_intercom_activate.sync.removals.doubt import ALWAYS_ALLOWED

    assert f"but {ALWAYS_ALLOWED} are always allowed" in section(CONFIGURATION, "### `max_removed`")


SHOWN = {name: command for name, command in cli.commands.items() if not command.hidden}
OPTIONS = [
    pytest.param(name, option, id=f"{name} {option.opts[-1]}")
    for name, command in SHOWN.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
]


@pytest.mark.parametrize("name", SHOWN)
def test_every_command_has_its_place(name):
    assert section(COMMANDS, f"## {name}")


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_option_has_its_place(name, option):
    own, common = section(COMMANDS, f"## {name}"), section(COMMANDS, "## Common options")
    said = own + common if "(#common-options)" in own else own
    variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
    (row,) = [line for line in said.splitlines() if re.match(rf"\| (`[^`]+`, )*`{option.opts[0]}[ `]", line)]
    for spelling in (*option.opts, *option.secondary_opts):
        assert f"`{spelling}" in row
    for variable in variables:
        assert f"`{variable}`" in row
    assert (option.help or "no help") in row


@pytest.mark.parametrize("code", Code, ids=str)
def test_every_code_has_its_place(code):
    said = section(CODES, f"### `{code}`")
    assert "Attempted again: " in said
    assert " ".join(said.split()).startswith(f"{code.meaning} {code.remedy}")


def test_a_lasting_failure_waits_as_long_as_is_said():
    assert f"for {LASTING_FAILURES_ARE_TRIED_AGAIN_AFTER.days} days" in CODES.partition("### ")[0]


def test_codes_are_attempted_again_as_the_page_says():
    from dbt_intercom_activate.outcomes.codes import LASTING

    said = {str(code): section(CODES, f"### `{code}`") for code in Code}
    waiting = {code for code, text in said.items() if "when the record or the mapping changes" in text}
    assert waiting == {str(code) for code in LASTING}
    assert {code for code, text in said.items() if "only by" in text} == {"maybe_delivered"}


@pytest.mark.parametrize("word", [*Status, *Operation], ids=str)
def test_every_status_and_operation_has_its_place(word):
    assert re.search(rf"^\| `{word.value}` \| \S+ \S+", CODES, re.MULTILINE)


def test_every_common_page_is_reached_from_the_first():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in ("configuration.md", "fields.md", "commands.md"):
        assert f"(reference/{page})" in index
