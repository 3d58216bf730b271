"""The same small trade on every engine."""

from trade_harness import (
    _macros_are_parsed_once,
    built,
    engine_named,
    make_trade,
    on_engine,
    open_apart,
    sandbox,
)
