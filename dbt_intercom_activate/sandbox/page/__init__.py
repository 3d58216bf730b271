"""The page at `/_sandbox/`: what the sandbox holds and does, for people to look at.

`static/` has the page itself, `shelves` and `live` what it asks for.
"""
