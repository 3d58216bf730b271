"""The tables of this package in the user's warehouse: made where they are missing, and grown where they are old.

The macro `columns` is the one list of their columns, each with the version of the ledger that brought it. The version
that a ledger is of stands in its table `versions`, which only grows; it is written last, when all else is done.

Every step looks for what is there, so that a run that was killed between two of them leaves the rest to the next one.
Two runs of one project are kept apart by the lock. Those of two projects that share a schema are not, so that each step
also takes it well when another run has done the same meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate import __version__
from dbt_intercom_activate.errors import WarehouseFailed
from dbt_intercom_activate.ledger.standing import (
    TABLES,
    VIEWS,
    ListedColumn,
    Recorded,
    Standing,
    Types,
    compare,
    newest_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt_intercom_activate.binding.column import RelationColumn
    from dbt_intercom_activate.warehouse.connection import Warehouse


_TYPED = "types"
"""Beside the tables, what holds a null of each type that they have."""

STAGE_OF_A_PLAN = "stage_plan_"
"""How the names of the tables begin that a plan keeps."""


class Tables:
    """The tables and views of this package, in one schema of the user's warehouse."""

    def __init__(self, warehouse: Warehouse, *, schema: str, database: str | None) -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._database = database

    @property
    def elsewhere(self) -> bool:
        """Whether they stand in another database than that of the connection."""
        return self._database not in (None, self._warehouse.target.database)

    @property
    def in_memory(self) -> bool:
        """Whether they are gone with this process."""
        return self._warehouse.is_in_memory(self._database)

    def relation(self, name: str) -> Any:
        """A table, a view or a stage of ours, as the warehouse spells it; it may not exist."""
        return self._warehouse.relation(self._schema, name, self._database)

    def exists(self, name: str) -> bool:
        """Whether a table, a view or a stage of ours is there."""
        return self._warehouse.exists(self.relation(name))

    def standing(self) -> Standing:
        """Look at what there is; nothing is made or changed.

        Raises:
            WarehouseFailed: The warehouse refuses to tell.
        """
        listed = self._listed()
        relations = {name: str(self.relation(name)) for name in (*TABLES, *VIEWS)}
        present = [name for name in relations if self.exists(name)]
        recorded = self._recorded() if "versions" in present else None
        if recorded is not None and recorded.version > newest_of(listed):
            # What its columns mean is not known here.
            return Standing(relations["ledger"], newest_of(listed), recorded.version, recorded)
        if not present:
            return compare(relations, listed, {}, recorded, Types({}, str))
        sql_types = sorted({each.sql_type for columns in listed.values() for each in columns})
        typed = str(self._warehouse.render("typed_nulls", types=sql_types))
        asked = {name: relations[name] for name in present} | {_TYPED: typed}
        found = self._warehouse.columns_of_each(asked)
        types = self._types(sql_types, found.pop(_TYPED))
        standing = compare(relations, listed, found, recorded, types)
        beside = self._warehouse.names_beside(self.relation("ledger"))
        return replace(standing, keeps_plans=any(name.startswith(STAGE_OF_A_PLAN) for name in beside))

    def readable(self, name: str, standing: Standing) -> str:
        """What stands after `from` to read a table or a view as this version has it, though it may be older."""
        relation, missing = self.relation(name), standing.missing.get(name)
        if not missing:
            return str(relation)
        table = "ledger" if name in VIEWS else name
        return str(self._warehouse.render("completed", relation=relation, table=table, missing=list(missing)))

    def make_for_the_lock(self, standing: Standing) -> None:
        """Make or grow what the lock needs, before there is a lock.

        Raises:
            WarehouseFailed: A grant is missing.
        """
        self._make_schema(standing)
        self._make("locks", standing)

    def make(self, standing: Standing) -> None:
        """Make what is missing, and grow what is old; no row and no table of ours is ever dropped or replaced.

        Raises:
            LedgerRefused: A newer version of the program has grown the ledger since it was looked at.
            WarehouseFailed: A grant is missing.
        """
        self._make_schema(standing)
        self._make("versions", standing)
        recorded = self._recorded()
        replace(standing, recorded=recorded).refuse()
        for table in TABLES:
            self._make(table, standing)
        for view in VIEWS:
            if view in standing.absent:
                self._create(view, f"{view}_view", view=self.relation(view), ledger=self.relation("ledger"))
            elif view in standing.outdated:
                self._replace(view)
        if recorded is None or recorded.version < standing.newest:
            self._record(standing.newest)
        self._warehouse.forget_relations()

    def _make(self, table: str, standing: Standing) -> None:
        if table in standing.absent:
            self._create(table, "create_table", relation=self.relation(table), table=table)
        elif table in standing.missing:
            self._grow(table)

    def _make_schema(self, standing: Standing) -> None:
        if not standing.absent:
            return
        ledger = self.relation("ledger")
        try:
            self._warehouse.create_schema(ledger)
        except WarehouseFailed:
            # Another run may have made it meanwhile: `if not exists` alone does not see what is not yet committed.
            if not self._warehouse.has_schema(ledger):
                raise
            self._warehouse.forget_relations()

    def _create(self, name: str, macro: str, **arguments: Any) -> None:
        try:
            self._warehouse.execute(self._warehouse.render(macro, **arguments))
        except WarehouseFailed:
            self._warehouse.forget_relations()
            if not self.exists(name):
                raise

    def _grow(self, table: str) -> None:
        """Add the columns that are missing now: another run may have added them since the table was looked at."""
        missing = self._missing(table)
        if not missing:
            return
        try:
            self._warehouse.add_columns(
                self.relation(table), [(each.name, each.sql_type) for each in missing]
            )
        except WarehouseFailed:
            if self._missing(table):
                raise

    def _missing(self, table: str) -> list[ListedColumn]:
        there = {each.name.lower() for each in self._warehouse.columns_of(str(self.relation(table)))}
        return [each for each in self._listed()[table] if each.name not in there]

    def _replace(self, view: str) -> None:
        statement = self._warehouse.render(
            f"{view}_view", view=self.relation(view), ledger=self.relation("ledger")
        )
        try:
            self._warehouse.execute(statement)
        except WarehouseFailed:
            # PostgreSQL lets a view's columns keep their places only, and Redshift their number too.
            self._warehouse.execute(self._warehouse.render("drop_view", view=self.relation(view)))
            self._warehouse.execute(statement)

    def _record(self, version: int) -> None:
        self._warehouse.execute(
            self._warehouse.render(
                "append_version",
                versions=self.relation("versions"),
                ledger_version=version,
                program=__version__,
            )
        )

    def _recorded(self) -> Recorded | None:
        rows = self._warehouse.query(
            self._warehouse.render("read_versions", versions=self.relation("versions"))
        )
        return Recorded(int(rows[0][0]), str(rows[0][1])) if rows else None

    def _listed(self) -> dict[str, list[ListedColumn]]:
        rendered = {table: self._warehouse.render("columns", table=table) for table in TABLES}
        return {table: [ListedColumn(*column) for column in columns] for table, columns in rendered.items()}

    def _types(self, sql_types: Sequence[str], told: Sequence[RelationColumn]) -> Types:
        """What the warehouse calls the types in the list."""
        return Types(
            {sql_type: column.data_type for sql_type, column in zip(sql_types, told, strict=True)},
            lambda data_type: str(self._warehouse.render("_family", data_type=data_type)),
        )
