"""What the user wrote: `meta` of dbt models, read into checked activations, and `intercom.yml`, into workspaces.

`activation.py` and `workspace.py` are the doors; the other files are how they read, judge and tell mistakes.
"""
