"""The same small trade on every engine."""
