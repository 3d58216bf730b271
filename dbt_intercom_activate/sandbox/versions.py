"""Values by id that remember what they were, so that search can lag behind writes as Intercom's does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class Seen(Protocol):
    """Anything with an id that is either shown in lists or not."""

    @property
    def id(self) -> str:
        """Intercom's id."""

    @property
    def live(self) -> bool:
        """Whether lists show it."""


T = TypeVar("T", bound=Seen)


class Versions(Generic[T]):
    """The current value of every id, and what it was at a recent moment.

    A superseded value is kept only until the first look that no longer needs it.
    """

    def __init__(self) -> None:
        self._current: dict[str, T] = {}
        self._superseded: dict[str, list[tuple[float, T | None]]] = {}
        self._live = 0

    def __len__(self) -> int:
        return len(self._current)

    def __iter__(self) -> Iterator[T]:
        return iter(self._current.values())

    def newest_first(self) -> Iterator[T]:
        """The current values, in the reverse order of their creation."""
        return reversed(self._current.values())

    def get(self, key: str) -> T | None:
        """The current value."""
        return self._current.get(key)

    def put(self, value: T, *, at: float, keep: bool) -> None:
        """Make a value the current one; `keep` remembers the one before it."""
        before = self._current.get(value.id)
        if keep:
            self._superseded.setdefault(value.id, []).append((at, before))
        self._live += value.live - (before is not None and before.live)
        self._current[value.id] = value

    def as_of(self, key: str, moment: float | None) -> T | None:
        """The value as it was at a moment; None as moment means now."""
        if moment is not None and key in self._superseded:
            past = [entry for entry in self._superseded[key] if entry[0] > moment]
            if past:
                self._superseded[key] = past
                return past[0][1]
            del self._superseded[key]
        return self._current.get(key)

    def live_as_of(self, key: str, moment: float | None) -> T | None:
        """As `as_of`, but None for what lists do not show."""
        value = self.as_of(key, moment)
        return value if value is not None and value.live else None

    def ids(self) -> list[str]:
        """All ids, oldest first."""
        return list(self._current)

    def count_live(self, moment: float | None) -> int:
        """How many values lists show as of a moment."""
        count = self._live
        if moment is None:
            return count
        for key in list(self._superseded):
            then = self.as_of(key, moment)
            count += (then is not None and then.live) - self._current[key].live
        return count
