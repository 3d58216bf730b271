"""The same small trade on every engine."""

from trade_harness import built, engine_named, make_trade, on_engine, sandbox
