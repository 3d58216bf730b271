"""Requests about events as the reference writes them."""

from __future__ import annotations

import pytest

from dbt_intercom_activate.intercom.events import send_event


@pytest.mark.parametrize(
    ("who", "repeatable"),
    [({"user_id": "314159"}, True), ({"email": "a@example.com"}, False), ({"id": "8a88a590"}, False)],
    ids=["user_id", "email", "id"],
)
def test_only_an_event_by_user_id_can_be_sent_twice(who, repeatable) -> None:
    request = send_event(event_name="ordered", created_at=1671028894, **who)

    assert (request.method, request.target) == ("POST", "/events")
    assert request.body == {"event_name": "ordered", "created_at": 1671028894, **who}
    assert request.repeatable is repeatable


def test_an_empty_user_id_is_no_reason_to_send_twice() -> None:
    assert not send_event(event_name="ordered", created_at=1, user_id="").repeatable


def test_metadata_is_sent_as_it_is() -> None:
    metadata = {
        "plan": "pro",
        "total": 12.5,
        "gift": None,
        "order": {"url": "https://example.com", "value": "7"},
    }
    request = send_event(event_name="ordered", created_at=1, metadata=metadata, user_id="7")

    assert request.body is not None
    assert request.body["metadata"] == metadata


def test_no_metadata_is_left_out() -> None:
    request = send_event(event_name="ordered", created_at=1, metadata={}, user_id="7")

    assert request.body == {"event_name": "ordered", "created_at": 1, "user_id": "7"}
