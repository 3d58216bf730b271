"""The pages, and a project that was built, with its Intercom."""

from __future__ import annotations

import sys
from pathlib import Path

from shop_harness import _macros_are_parsed_once, _signals, built, make_shop, scene, shared_sandbox, shop

ROOT = Path(__file__).parent.parent.parent

# The pages' generator is no part of the installed package.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
