"""The pages, and a project that was built, with its Intercom."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

# The pages' generator is no part of the installed package.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
