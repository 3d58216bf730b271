"""What a release puts into a registry: whole, described, and resolvable with each adapter."""

from __future__ import annotations

import re
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from dbt_intercom_activate import __version__

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ADAPTERS = sorted(set(PROJECT["optional-dependencies"]) - {"sandbox"})


def test_the_command_of_dbt_is_never_ours_to_take():
    """An environment with dbt 2 keeps it: dbt-core comes with an adapter only, and no script is named `dbt`."""
    assert not [each for each in PROJECT["dependencies"] if each.startswith("dbt")]
    assert list(PROJECT["scripts"]) == ["dbt-intercom-activate"]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_each_adapter_brings_dbt_core_below_two(adapter):
    core, own = PROJECT["optional-dependencies"][adapter]

    assert core == "dbt-core>=1.8,<2"
    assert re.fullmatch(rf"dbt-{adapter}(\[\w+\])?>=1.8", own)


def test_the_version_is_what_is_to_be_released():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)

    if headings[0] == "Unreleased":
        assert f"To be released as {__version__}." in changelog
    else:
        assert headings[0].startswith(f"{__version__} ")


@pytest.mark.slow
def test_the_distributions_build_without_a_warning(uv, distributions):
    assert "warning" not in (distributions / "said.txt").read_text().lower()
    files = [each for each in distributions.iterdir() if each.suffix in (".whl", ".gz")]
    assert {each.name for each in files} == {
        f"dbt_intercom_activate-{__version__}-py3-none-any.whl",
        f"dbt_intercom_activate-{__version__}.tar.gz",
    }
    checked = uv("tool", "run", "twine", "check", "--strict", *files)
    assert checked.stdout.count("PASSED") == 2


@pytest.mark.slow
def test_the_wheel_is_whole_and_described(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [metadata_file] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(metadata_file).decode())

    package = ROOT / "dbt_intercom_activate"
    sources = [*package.rglob("*.py"), *(package / "sandbox/page/static").iterdir()]
    tracked = {each.relative_to(ROOT).as_posix() for each in sources}
    report = {f"dbt_intercom_activate/report/templates/page.{kind}" for kind in ("html", "css", "js")}
    macros = {
        f"dbt_intercom_activate/dbt_package/{each.relative_to(ROOT).as_posix()}"
        for each in (ROOT / "macros").rglob("*.sql")
    }
    assert tracked | macros | report | {"dbt_intercom_activate/py.typed"} <= names
    assert not [name for name in names if name.startswith("tests/")]
    for field in ("Summary", "Author", "License-Expression", "Keywords", "Requires-Python", "Project-URL"):
        assert metadata[field], field
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert set(metadata.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])
    assert "Typing :: Typed" in metadata.get_all("Classifier")


@pytest.mark.slow
def test_the_sdist_holds_what_was_written_and_nothing_else(distributions):
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "dbt_project.yml"} <= names
    assert not [name for name in names if re.search(r"(^|/)(\.venv|target|logs|__pycache__|site)(/|$)", name)]


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_each_adapter_resolves_without_constraints(uv, wheel, tmp_path, adapter):
    wanted = tmp_path / "wanted.in"
    wanted.write_text(f"dbt-intercom-activate[{adapter}] @ {wheel.as_uri()}\n")
    resolved = uv("pip", "compile", "--quiet", "--no-annotate", "--python-version", "3.10", wanted).stdout

    assert re.search(r"^dbt-core==1\.(1\d|[89])\.\d+$", resolved, re.MULTILINE)
    assert re.search(rf"^dbt-{adapter}==", resolved, re.MULTILINE)
