"""`python -m docs.generator`."""

from docs.generator import objects_macro, write

write()
objects_macro.write()
