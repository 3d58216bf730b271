"""Imports point one way: pure modules know neither dbt nor HTTP, and I/O stands at two edges."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import dbt_intercom_activate

PACKAGE = "dbt_intercom_activate"
ROOT = Path(dbt_intercom_activate.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}

ROOMS = (
    {"errors", "secret", "clock"},
    {"documents", "progress"},
    {"objects", "outcomes"},
    {"project", "intercom", "console"},
    {"configuration"},
    {"binding"},
    {"warehouse", "delivery"},
    {"ledger"},
    {"sync"},
    {"report"},
    {"commands"},
    {"cli", "plugin"},
)
"""The way that data flows: a room imports from those above it. The sandbox imports from no other."""

AT_THE_ROOT = {"", "__main__"}
"""The package itself, which dbt imports, and `python -m`: they open the two doors, `plugin` and `cli`."""

ROOMS_OF_LIBRARIES = {
    **dict.fromkeys(("dbt", "dbt_common", "agate", "duckdb"), ("warehouse", "plugin")),
    **dict.fromkeys(
        ("requests", "urllib3", "http", "httpx", "aiohttp"), ("intercom.client", "intercom.connections")
    ),
    **dict.fromkeys(("starlette", "uvicorn"), ("sandbox",)),
    "click": ("cli",),
}


def imports(name: str, *, lazily: bool = True) -> set[str]:
    """The modules that a module imports, those for types among them, as full names.

    Args:
        lazily: Count imports inside functions too.
    """
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
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


def imports_of_ours(name: str) -> set[str]:
    # What the package itself imports lazily it imports for dbt alone, which asks for its plugins.
    found = imports(name, lazily=name != PACKAGE)
    return {each for each in found if each.split(".")[0] == PACKAGE and each != name}


def room_of(name: str) -> str:
    return name.removeprefix(PACKAGE).removeprefix(".").split(".")[0]


def place_of(room: str) -> int:
    return next(index for index, rooms in enumerate(ROOMS) if room in rooms)


def may_import(name: str, other: str) -> bool:
    room, wanted = room_of(name), room_of(other)
    if room == wanted:
        return True
    if "sandbox" in (room, wanted):
        return name == f"{PACKAGE}.cli.sandbox"
    return place_of(wanted) < place_of(room)


def below(name: str, places: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{PACKAGE}.{place}.") for place in places)


def test_no_import_goes_in_a_circle():
    """Imports for types are counted too."""
    graph = {name: imports_of_ours(name) for name in FILES}
    assert list(TopologicalSorter(graph).static_order())


def test_rooms_import_only_from_rooms_above():
    offenders = [
        f"{name} imports {other}"
        for name in FILES
        for other in imports_of_ours(name)
        if room_of(name) not in AT_THE_ROOT and other != PACKAGE and not may_import(name, other)
    ]
    assert offenders == []


def test_every_room_has_its_place():
    rooms = {room_of(name) for name in FILES} - AT_THE_ROOT
    assert rooms == set().union(*ROOMS) | {"sandbox"}


def test_a_library_is_imported_in_its_room_only():
    offenders = [
        f"{name} imports {library}"
        for name in FILES
        for imported in [{each.split(".")[0] for each in imports(name)}]
        for library, rooms in ROOMS_OF_LIBRARIES.items()
        if library in imported and not below(name, rooms)
    ]
    assert offenders == []


def test_ten_modules_at_most_stand_at_the_root():
    assert len(list(ROOT.glob("*.py"))) <= 10


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
