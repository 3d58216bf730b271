"""A name stands for one thing, and what one opens is short enough to read."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import dbt_intercom_activate

PACKAGE = Path(dbt_intercom_activate.__file__).parent
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}

MOST_MODULES_AT_THE_ROOT = 10
LONGEST_FILE = 450
LONGEST_FUNCTION = 60
"""In lines."""

SAME_THING = {
    "__init__.py": "a folder's first file",
    "contact.py": "an object, what is said to Intercom of it",
    "company.py": "an object, what is said to Intercom of it",
    "contact_tag.py": "an object, what is said to Intercom of it",
    "company_tag.py": "an object, what is said to Intercom of it",
    "conversation_tag.py": "an object, what is said to Intercom of it",
    "ticket_tag.py": "an object, what is said to Intercom of it",
    "event.py": "an object, what is said to Intercom of it",
    "membership.py": "an object, what is said to Intercom of it",
    "tags.py": "objects, their requests, their endpoints in the sandbox",
    "contacts.py": "requests, and their endpoints in the sandbox",
    "companies.py": "requests, and their endpoints in the sandbox",
    "events.py": "requests, and their endpoints in the sandbox",
    "memberships.py": "requests, and their endpoints in the sandbox",
    "conversations.py": "requests, and their endpoints in the sandbox",
    "tickets.py": "requests, and their endpoints in the sandbox",
    "data_attributes.py": "requests, and their endpoints in the sandbox",
    "workspace.py": "a workspace, and its endpoints in the sandbox",
    "settings.py": "keys that a user writes, for a workspace and for the plugin",
    "errors.py": "what can go wrong, here and at Intercom",
}
"""Files that share a name because they are about the same thing in several rooms; a command has one in cli/ besides."""


def short(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_no_class_name_stands_for_two_things():
    places = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(short(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_files_that_share_a_name_are_about_one_thing():
    rooms = defaultdict(set)
    for path in TREES:
        rooms[path.name].add(path.parent.name)
    shared = {name for name, found in rooms.items() if len(found) > 1 and found != {"cli", "commands"}}
    assert shared - set(SAME_THING) == set()


def test_few_modules_stand_at_the_root():
    assert len([path for path in TREES if path.parent == PACKAGE]) <= MOST_MODULES_AT_THE_ROOT


def test_a_file_is_short():
    lines = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TREES}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_a_function_is_short():
    long = {
        f"{short(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    }
    assert long == set()
