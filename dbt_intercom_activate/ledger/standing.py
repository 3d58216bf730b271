"""How the tables in the warehouse stand beside those that this version of the program works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dbt_intercom_activate import __version__
from dbt_intercom_activate.errors import LedgerRefused, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dbt_intercom_activate.binding.column import RelationColumn

TABLES = ("ledger", "runs", "locks", "versions", "plans")
VIEWS = ("failures", "synced")
"""Of the ledger, and with its columns."""


@dataclass(frozen=True, slots=True)
class ListedColumn:
    """A column as the macro `columns` lists it."""

    name: str
    sql_type: str
    since: int
    """The version of the ledger that brought it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a ledger says of itself in its table `versions`."""

    version: int
    program: str
    """A version of this program that made it so."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is, and what is to be done about it before the ledger is written to."""

    relation: str
    """The ledger, as the warehouse spells it."""
    newest: int
    """The version that this program makes and works with."""
    version: int | None = None
    """The version that the ledger is of; None where there is no ledger yet."""
    recorded: Recorded | None = None
    """None where a release made it that did not tell versions apart."""
    absent: frozenset[str] = frozenset()
    """Tables and views that are not there."""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that an older version did not make, by table or view; no entry for what has them all."""
    outdated: frozenset[str] = frozenset()
    """Views with other columns than they should have."""
    faults: tuple[str, ...] = ()
    """What is not mended by growing."""
    keeps_plans: bool = False
    """Whether a table is there that a plan keeps."""

    @property
    def grows(self) -> bool:
        """Whether there is a ledger that the next run makes newer."""
        return self.version is not None and self.version < self.newest

    def __str__(self) -> str:
        """The version, and what is to become of it, for people."""
        if self.version is None:
            return f"{self.relation} is not there yet; the first sync makes it, version {self.newest}"
        if not self.grows:
            return f"{self.relation} is of version {self.version}, as this program makes it"
        return (
            f"{self.relation} is of version {self.version}, and this program makes version {self.newest}: "
            f"the next sync brings it up to date{self._additions()}, and changes no row"
        )

    def as_grown(self) -> str:
        """What a run has just done to an older ledger."""
        return (
            f"{self.relation} was of version {self.version}, and is of version {self.newest} now"
            f"{self._additions()}; no row was changed"
        )

    def _additions(self) -> str:
        names = [f"{table}.{name}" for table in TABLES for name in self.missing.get(table, ())]
        return f" (new columns: {', '.join(names)})" if names else ""

    def refuse(self) -> None:
        """Refuse a ledger that this program can neither use nor bring up to date.

        Raises:
            LedgerRefused: With every reason.
        """
        if self.recorded is not None and self.recorded.version > self.newest:
            raise LedgerRefused(
                Message(
                    "ledger-newer",
                    f"{self.relation} is a ledger of version {self.recorded.version}, which dbt-intercom-activate "
                    f"{self.recorded.program} made; dbt-intercom-activate {__version__} knows versions up to "
                    f"{self.newest}. Install {self.recorded.program} or newer wherever this ledger is used. "
                    "Nothing was sent",
                )
            )
        if self.faults:
            faults = "\n  ".join(self.faults)
            raise LedgerRefused(
                Message(
                    "ledger-altered",
                    f"{self.relation} or a table beside it is not as it was made. Nothing was sent:\n  {faults}",
                )
            )


@dataclass(frozen=True, slots=True)
class Types:
    """What the warehouse makes of the types that the tables are made with."""

    shown: Mapping[str, str]
    """The name that it shows of a column's type, by the name in SQL."""
    family: Callable[[str], str]
    """What a shown type is: text, integer, timestamp and so on."""

    def fit(self, sql_type: str, found: str) -> bool:
        """Whether a column of the type found holds what one of `sql_type` would."""
        shown = self.shown[sql_type]
        return shown == found or self.family(shown) == self.family(found)


def compare(
    relations: Mapping[str, str],
    listed: Mapping[str, Sequence[ListedColumn]],
    found: Mapping[str, Sequence[RelationColumn]],
    recorded: Recorded | None,
    types: Types,
) -> Standing:
    """Compare the columns of every table and view with the list.

    Args:
        relations: All tables and views, as the warehouse spells them.
        listed: The columns that the tables should have.
        found: The columns of those tables and views that are there.
        recorded: What the ledger says of itself.
    """
    there = {name: {each.name.lower(): each for each in columns} for name, columns in found.items()}
    lacks = {name: _lacking(listed[name], there[name]) for name in TABLES if name in there}
    views = {name: _lacking(listed["ledger"], there[name]) for name in VIEWS if name in there}
    newest, version = newest_of(listed), None
    if "ledger" in there:
        version = recorded.version if recorded else _version_by_columns(lacks, newest)
    known = version or 0
    younger = {name: [each for each in columns if each.since > known] for name, columns in lacks.items()}
    lost = [
        _lost(relations[name], name, each)
        for name, columns in lacks.items()
        for each in columns
        if each.since <= known
    ]
    return Standing(
        relation=relations["ledger"],
        newest=newest,
        version=version,
        recorded=recorded,
        absent=frozenset(relations.keys() - there.keys()),
        missing={name: _names(columns) for name, columns in (younger | views).items() if columns},
        outdated=frozenset(
            name for name in views if there[name].keys() != {each.name for each in listed["ledger"]}
        ),
        faults=(*lost, *_wrong_types(relations, listed, there, types)),
    )


def _lacking(listed: Sequence[ListedColumn], there: Mapping[str, RelationColumn]) -> list[ListedColumn]:
    return [each for each in listed if each.name not in there]


def _wrong_types(
    relations: Mapping[str, str],
    listed: Mapping[str, Sequence[ListedColumn]],
    there: Mapping[str, Mapping[str, RelationColumn]],
    types: Types,
) -> Iterator[str]:
    """Columns that hold something else than they were made for."""
    for table in filter(there.__contains__, TABLES):
        for each in listed[table]:
            column = there[table].get(each.name)
            if column is not None and not types.fit(each.sql_type, column.data_type):
                yield (
                    f"{relations[table]}: column {each.name}: expected the type {each.sql_type}, found "
                    f"{column.data_type}. Give it back the type that it had"
                )


def newest_of(listed: Mapping[str, Sequence[ListedColumn]]) -> int:
    """The version of a ledger that has every listed column."""
    return max(each.since for columns in listed.values() for each in columns)


def _version_by_columns(lacks: Mapping[str, Sequence[ListedColumn]], newest: int) -> int:
    """The version of a ledger that does not tell: the last one whose columns it has.

    What has been there since version 0 was made with its table: whoever took it away, it was no older version.
    """
    later = [each.since for columns in lacks.values() for each in columns if each.since > 0]
    return min(later, default=newest + 1) - 1


def _names(columns: Iterable[ListedColumn]) -> tuple[str, ...]:
    return tuple(each.name for each in columns)


def _lost(relation: str, table: str, column: ListedColumn) -> str:
    """A column that this very ledger had: made anew it would hold null, as if nothing had been known."""
    found = f"{relation}: column {column.name}: expected a column of type {column.sql_type}, found none"
    if table == "ledger":
        return f"{found}. Take it back from a backup of the table: what the ledger knows rests on it"
    return f"{found}. Take it back from a backup of the table, or add it yourself; its rows then hold null"
