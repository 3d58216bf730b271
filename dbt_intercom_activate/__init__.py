"""Make an Intercom workspace agree with dbt models.

dbt imports every installed module whose name starts with ``dbt_`` in each of its commands,
so this module imports nothing and cannot raise. dbt then asks it for ``plugins``.
"""

__version__ = "0.2.0"


def __getattr__(name: str) -> list[type]:
    """``plugins``, made when dbt asks for it: https://peps.python.org/pep-0562/.

    dbt asks with ``hasattr``, which lets everything but an AttributeError through and would end the user's command.
    So where this package cannot work, it has no plugins, and says so once.
    """
    if name != "plugins":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: list[type] = []
    try:
        from dbt_intercom_activate.plugin import usable_plugins

        found = usable_plugins()
    except Exception as error:  # noqa: BLE001 (whatever is wrong with the installation, dbt goes on)
        _warn(error)
    globals()["plugins"] = found
    return found


def _warn(error: Exception) -> None:
    import contextlib
    import sys

    from dbt_intercom_activate.errors import Message, with_code

    # Not by `warnings`, which dbt 1.8 sends to a log that nobody reads and which Python may have been told to raise.
    with contextlib.suppress(Exception):
        print(  # noqa: T201
            with_code(
                Message(
                    "plugin-unusable",
                    f"dbt-intercom-activate is installed but cannot be used, so dbt goes on without it: {error}",
                )
            ),
            file=sys.stderr,
        )
