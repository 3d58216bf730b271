"""An Intercom and a shop, for runs that meet trouble on their way."""

from __future__ import annotations

from shop_harness import _macros_are_parsed_once, _signals, built, make_shop, shared_sandbox, shop
