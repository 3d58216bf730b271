"""Which calls were made, so that tests can count them and people can watch them."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

# POSTs that only read.
READS = {"POST /contacts/search", "POST /companies/list"}


@dataclass(frozen=True, slots=True)
class Logged:
    """One call that was answered. `status` is 0 when the connection was dropped instead."""

    method: str
    template: str
    status: int
    path: str
    version: str | None
    query: str = ""
    at: float = 0.0
    """When it came, in unix seconds."""
    ms: float = 0.0
    """Milliseconds until it was answered."""

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class Bodies:
    """What one call said and was answered: the first `LONGEST` bytes of each, and how many there were."""

    LONGEST: ClassVar[int] = 16_384

    sent: bytes
    sent_bytes: int
    answered: bytes
    answered_bytes: int

    @classmethod
    def of(cls, sent: bytes, answered: bytes) -> Bodies:
        """Both bodies, cut."""
        return cls(sent[: cls.LONGEST], len(sent), answered[: cls.LONGEST], len(answered))


class CallLog:
    """Counts of calls by `"METHOD /template"`, and the newest calls in order.

    Templates are spelled as in Intercom's OpenAPI description of 2.16 (`/contacts/{contact_id}/tags`); the
    names within braces do not matter when counting. Calls refused for the token, the scope or the rate are
    counted too.
    """

    REMEMBERED = 20_000
    WITH_BODIES = 500

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._newest: deque[Logged] = deque(maxlen=self.REMEMBERED)
        self._bodies: deque[tuple[int, Bodies]] = deque(maxlen=self.WITH_BODIES)
        self._made = 0

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __iter__(self) -> Iterator[Logged]:
        return iter(tuple(self._newest))

    def add(self, call: Logged, bodies: Bodies | None = None) -> None:
        """Record a call."""
        self._counts[str(call), call.status] += 1
        self._newest.append(call)
        self._made += 1
        if bodies is not None:
            self._bodies.append((self._made, bodies))

    @property
    def made(self) -> int:
        """The number of the newest call; the first is 1."""
        return self._made

    def after(self, number: int, most: int) -> list[tuple[int, Logged]]:
        """The newest calls that came after the one with a number, at most so many, newest first."""
        count = max(0, min(self._made - number, most, len(self._newest)))
        newest = islice(reversed(self._newest), count)
        return [(self._made - index, call) for index, call in enumerate(newest)]

    def bodies(self, number: int) -> Bodies | None:
        """What a call said and was answered; None where it is too long ago."""
        return next((bodies for known, bodies in self._bodies if known == number), None)

    def count(self, operation: str, status: int | None = None) -> int:
        """How often an operation was called, with any answer unless a status is given."""
        wanted = _nameless(operation)
        return sum(
            n
            for (name, answered), n in tuple(self._counts.items())
            if _nameless(name) == wanted and status in (None, answered)
        )

    def count_status(self, status: int) -> int:
        """How often any operation was answered with a status."""
        return sum(n for (_, answered), n in tuple(self._counts.items()) if answered == status)

    @property
    def writes(self) -> int:
        """How many calls would have changed something."""
        return sum(
            n
            for (name, _), n in tuple(self._counts.items())
            if not name.startswith("GET ") and name not in READS
        )

    def by_operation(self) -> dict[str, int]:
        """All counts."""
        totals: Counter[str] = Counter()
        for (name, _), n in tuple(self._counts.items()):
            totals[name] += n
        return dict(sorted(totals.items()))

    def clear(self) -> None:
        """Forget all calls."""
        self._counts.clear()
        self._newest.clear()
        self._bodies.clear()


def _nameless(operation: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", operation)
