"""Which record of a run a contact belongs to, so that no second one takes it over."""

from __future__ import annotations

import threading


class Adoptions:
    """What the activations of one run make of the contacts of one workspace; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._external_ids: dict[str, str] = {}
        self._makers: dict[str, object] = {}

    def give(self, contact_id: str, external_id: str) -> bool:
        """Give a contact an external_id; False where it was given another one in this run: the first one stays."""
        with self._lock:
            return self._external_ids.setdefault(contact_id, external_id) == external_id

    def take_back(self, contact_id: str, external_id: str) -> None:
        """Intercom refused to give the contact this external_id."""
        with self._lock:
            if self._external_ids.get(contact_id) == external_id:
                del self._external_ids[contact_id]

    def made(self, contact_id: str, maker: object) -> bool:
        """A contact came about for a record; False where it did for another one in this run."""
        with self._lock:
            return self._makers.setdefault(contact_id, maker) is maker
