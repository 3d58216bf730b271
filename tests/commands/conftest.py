"""The harness of the whole line, which the end-to-end tests keep beside themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def _line() -> Any:
    name = "end_to_end_harness"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "end_to_end" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


built, shared_sandbox = _line().built, _line().shared_sandbox
make_shop, shop, scene = _line().make_shop, _line().shop, _line().scene
_signals, _macros_are_parsed_once = _line()._signals, _line()._macros_are_parsed_once


@pytest.fixture
def state_of() -> Callable[[Any], Any]:
    """Everything that an Intercom holds, to be compared."""
    from dbt_intercom_activate.sandbox.control import show_state
    from dbt_intercom_activate.sandbox.exchange import Call

    return lambda shop: show_state(shop.state, Call()).body
