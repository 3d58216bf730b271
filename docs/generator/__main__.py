"""`python -m docs.generator [--check]`."""

import sys

from docs.generator import stale

pages = stale()
if "--check" in sys.argv[1:]:
    if pages:
        names = ", ".join(path.name for path in pages)
        sys.exit(f"docs/reference: the code says otherwise than {names}: run `make format`")
else:
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
