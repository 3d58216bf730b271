"""The harness of the whole line, which the end-to-end tests keep beside themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def state_of() -> Callable[[Any], Any]:
    """Everything that an Intercom holds, to be compared."""
    from dbt_intercom_activate.sandbox.control import show_state
    from dbt_intercom_activate.sandbox.exchange import ReceivedCall

    return lambda shop: show_state(shop.state, ReceivedCall()).body
