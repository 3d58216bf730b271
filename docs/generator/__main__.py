"""`python -m docs.generator`."""

from docs.generator import write

write()
