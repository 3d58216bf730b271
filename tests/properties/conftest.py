"""The harness of the whole line, which the end-to-end tests keep beside themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any


def _line() -> Any:
    name = "end_to_end_harness"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "end_to_end" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


built, scene = _line().built, _line().scene
_signals, _macros_are_parsed_once = _line()._signals, _line()._macros_are_parsed_once
