"""A project that was built, and its Intercom."""

from shop_harness import _macros_are_parsed_once, _signals, built, make_shop, scene, shared_sandbox, shop
