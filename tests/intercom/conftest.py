"""Answers as the reference shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dbt_intercom_activate.intercom.api import read_answer

if TYPE_CHECKING:
    from dbt_intercom_activate.intercom.api import Answer


def _answered(body: object, status: int = 200) -> Answer:
    return read_answer(status, {}, json.dumps(body).encode())


@pytest.fixture(name="answered", scope="session")
def answer_of():
    """Makes an answer of a body and a status."""
    return _answered


@pytest.fixture(scope="session")
def not_found():
    """Intercom's 404."""
    return _answered(
        {"type": "error.list", "errors": [{"code": "not_found", "message": "User Not Found"}]}, 404
    )
