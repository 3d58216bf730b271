"""Make an Intercom workspace agree with dbt models.

dbt imports every installed module whose name starts with ``dbt_`` in each of its commands,
so this module imports nothing and cannot raise.
"""

__version__ = "0.1.0"
