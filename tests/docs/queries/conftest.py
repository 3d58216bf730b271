"""The warehouses, which their own tests keep beside themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_name = "warehouses_harness"
if _name not in sys.modules:
    _path = Path(__file__).parent.parent.parent / "warehouses" / "conftest.py"
    _spec = importlib.util.spec_from_file_location(_name, _path)
    sys.modules[_name] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_name])
_warehouses = sys.modules[_name]

engine_named, built, sandbox = _warehouses.engine_named, _warehouses.built, _warehouses.sandbox
on_engine, make_trade = _warehouses.on_engine, _warehouses.make_trade
