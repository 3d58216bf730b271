"""`python -m dbt_intercom_activate`."""

from __future__ import annotations

from dbt_intercom_activate.cli import main

if __name__ == "__main__":
    main()
