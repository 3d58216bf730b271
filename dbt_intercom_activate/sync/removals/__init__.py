"""Records that left their model, at the end of a run; the most careful part of the package.

A removal by mistake is the worst that could happen here, so everything in doubt is held: nothing of an activation
that did not end well, nothing while another activation of the object has not, nothing beyond `max_removed`, nothing
from an empty relation, and never an object that another activation still holds (see the macro `read_removals`).

`doubt.py` says why removals are held, `holders.py` what may not be removed since another activation has it too, and
`removing.py` carries out what is left.
"""
