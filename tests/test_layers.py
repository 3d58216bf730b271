"""Imports point one way: pure modules know neither dbt nor HTTP, and I/O stands at two edges."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dbt_intercom_activate

PACKAGE = "dbt_intercom_activate"
ROOT = Path(dbt_intercom_activate.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(name: str, *, at_runtime: bool = True, lazily: bool = True) -> set[str]:
    """The modules that a module imports, as full names.

    Args:
        at_runtime: Leave out what only type checkers see.
        lazily: Count imports inside functions too.
    """
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if at_runtime and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if not lazily and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(each if each in FILES else str(node.module) for each in whole)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def of_ours(name: str, *, at_runtime: bool = True) -> set[str]:
    # What the package itself imports lazily it imports for dbt alone, which asks for its plugins.
    found = imports(name, at_runtime=at_runtime, lazily=name != PACKAGE)
    return {each for each in found if each.split(".")[0] == PACKAGE and each != name}


def imports_any(name: str, *libraries: str) -> bool:
    return any(each.split(".")[0] in libraries for each in imports(name, at_runtime=False))


def test_no_import_goes_in_a_circle():
    graph = {name: of_ours(name) for name in FILES}
    assert list(TopologicalSorter(graph).static_order())


def test_no_import_for_types_goes_in_a_circle():
    graph = {name: of_ours(name, at_runtime=False) for name in FILES}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", FILES)
def test_only_the_warehouse_imports_dbt(name):
    if not name.startswith((f"{PACKAGE}.warehouse", f"{PACKAGE}.plugin")):
        assert not imports_any(name, "dbt", "dbt_common", "agate", "duckdb")


@pytest.mark.parametrize("name", FILES)
def test_only_the_client_speaks_http(name):
    if name != f"{PACKAGE}.intercom.client":
        assert not imports_any(name, "requests", "urllib3", "http", "httpx", "aiohttp")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(f"{PACKAGE}.sandbox")])
def test_the_sandbox_knows_nothing_of_the_rest(name):
    assert all(each.startswith(f"{PACKAGE}.sandbox") for each in of_ours(name, at_runtime=False))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(f"{PACKAGE}.sandbox")])
def test_nothing_but_its_command_imports_the_sandbox(name):
    if name != f"{PACKAGE}.cli.sandbox":
        assert not any(each.startswith(f"{PACKAGE}.sandbox") for each in of_ours(name, at_runtime=False))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(f"{PACKAGE}.cli")])
def test_nothing_but_the_command_line_imports_it_or_click(name):
    if name != f"{PACKAGE}.__main__":
        assert not any(each.startswith(f"{PACKAGE}.cli") for each in of_ours(name, at_runtime=False))
        assert not imports_any(name, "click")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(f"{PACKAGE}.intercom.")])
def test_what_is_known_of_the_api_knows_nothing_of_dbt_projects(name):
    allowed = {f"{PACKAGE}.errors", f"{PACKAGE}.secret", f"{PACKAGE}.objects.vocabulary", PACKAGE}
    assert not {each for each in of_ours(name) if not each.startswith(f"{PACKAGE}.intercom")} - allowed


def test_importing_the_package_imports_nothing():
    code = (
        "import sys; before = set(sys.modules); import dbt_intercom_activate;"
        " print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    new = set(ast.literal_eval(done.stdout))
    assert {each for each in new if each.startswith(PACKAGE)} == {PACKAGE}
    assert not new - {PACKAGE, "__future__"}


def test_reading_the_help_costs_no_dbt():
    code = (
        "import sys; from dbt_intercom_activate.cli import run; run(['--help']);"
        " print([name for name in sys.modules if name.split('.')[0] in ('dbt', 'agate', 'starlette')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    assert done.stdout.splitlines()[-1] == "[]"
