"""The harness of the whole line, which the end-to-end tests keep beside themselves."""

from __future__ import annotations

from shop_harness import _macros_are_parsed_once, _signals, built, scene
