"""The pages, and the harness of the whole line, which the end-to-end tests keep beside themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent

# The pages' generator is no part of the installed package.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def _harness(folder: str) -> Any:
    """The fixtures of another folder."""
    name = f"{folder}_harness"
    if name not in sys.modules:
        path = ROOT / "tests" / folder / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


_line = _harness("end_to_end")

built, shared_sandbox = _line.built, _line.shared_sandbox
make_shop, shop, scene = _line.make_shop, _line.shop, _line.scene
_signals, _macros_are_parsed_once = _line._signals, _line._macros_are_parsed_once


def _pages() -> None:
    """What reads the pages, by a name that the tests here import."""
    spec = importlib.util.spec_from_file_location("pages_of_the_docs", Path(__file__).with_name("pages.py"))
    sys.modules["pages_of_the_docs"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


_pages()
