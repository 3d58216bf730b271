"""The run: what may run, in which order, and what becomes of records that left."""
