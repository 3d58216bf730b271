"""An adapter of dbt outside of a dbt command: the user's profile, this package's macros, no parsing of the project.

Everything here runs on the thread that opened the connection; dbt's adapters keep one connection per thread.
The functions of dbt that `open_warehouse` calls are not public, but have been the same from dbt-core 1.8 to 1.12.
"""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dbt.adapters.factory import get_adapter, register_adapter, reset_adapters
from dbt.config.runtime import RuntimeConfig, load_profile, load_project
from dbt.flags import get_flags, set_from_args
from dbt.mp_context import get_mp_context
from dbt_common.context import set_invocation_context
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.exceptions import DbtBaseException

from dbt_intercom_activate.binding.column import RelationColumn
from dbt_intercom_activate.binding.column_types import unambiguous_name
from dbt_intercom_activate.errors import (
    Message,
    NotThere,
    WarehouseFailed,
    WarehouseInUse,
    WarehouseUnreachable,
)
from dbt_intercom_activate.warehouse import columns, driver_rows, redaction
from dbt_intercom_activate.warehouse.literals import literal
from dbt_intercom_activate.warehouse.macros import load_macros
from dbt_intercom_activate.warehouse.target import PACKAGE, DbtTarget, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.project.location import DbtProject


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """dbt's configuration of a project for the output in use; loading it renders the user's files."""

    project: DbtProject
    target: DbtTarget
    config: Any


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name that means itself without quotation marks too."""


class Warehouse:
    """The user's warehouse through the user's dbt adapter."""

    def __init__(self, adapter: Any, config: Any, macros: Any, target: DbtTarget) -> None:
        self._adapter = adapter
        self._config = config
        self._macros = macros
        self._escapes: list[list[str]] | None = None
        self.target = target

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Hold a connection; every other method needs one.

        Raises:
            WarehouseInUse: Another process holds its file.
            WarehouseUnreachable: The warehouse does not answer to the profile.
        """
        with self._adapter.connection_named("intercom_activate"):
            try:
                self._adapter.execute(self.render("select_one"), auto_begin=True, fetch=False)
                self._commit()
            except Exception as error:  # noqa: BLE001 (each driver has errors of its own)
                raise _unreachable(self.target, error) from None
            yield

    def render(self, macro: str, **arguments: Any) -> Any:
        """What a macro of this package returns.

        Raises:
            WarehouseFailed: dbt could not render it for this adapter.
        """
        with self._translated():
            rendered = self._adapter.execute_macro(
                macro, macro_resolver=self._macros, project=PACKAGE, kwargs=arguments
            )
        return rendered.strip() if isinstance(rendered, str) else rendered

    def literals(self, row: Mapping[str, str | int | None]) -> dict[str, str]:
        """The values of a row as the macro `_literal` writes them, some hundred times as fast.

        Raises:
            WarehouseFailed: dbt could not render what they depend on for this adapter.
        """
        if self._escapes is None:
            self._escapes = self.render("text_escapes")
        return {name: literal(value, self._escapes) for name, value in row.items()}

    def execute(self, sql: str) -> None:
        """Run a statement and commit it.

        Raises:
            WarehouseFailed: The warehouse refused it.
        """
        with self._translated(sql):
            # Without `auto_begin` and a commit, PostgreSQL would roll the statement back without a word.
            self._adapter.execute(sql, auto_begin=True, fetch=False)
            self._commit()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, as Python values.

        Raises:
            WarehouseFailed: The warehouse refused it.
        """
        with self._translated(sql):
            _, table = self._adapter.execute(sql, auto_begin=True, fetch=True)
            self._commit()
        return [tuple(row) for row in table.rows]

    def page(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """The rows of a query that has many, as the same Python values as `query` gives, sooner where that can be.

        Raises:
            WarehouseFailed: The warehouse refused it.
        """
        if self.target.type in driver_rows.BY_CURSOR:
            # What the driver cannot read, and what is refused, `query` is to judge: it knows the words for it.
            with suppress(WarehouseFailed), self._translated(sql):
                rows = driver_rows.fetched(self._adapter.connections, sql)
                self._commit()
                return rows
        return self.query(sql)

    def columns_of(self, relation: str) -> tuple[RelationColumn, ...]:
        """The columns of a relation, in its order.

        Raises:
            WarehouseFailed: It does not exist, or may not be read.
        """
        sql = self.render("select_no_rows", relation=relation)
        question = self.render("describe_query", query=sql)
        with self._translated(sql):
            types = (
                columns.of_description(self._adapter, question)
                if question
                else columns.of_query(self._adapter, sql)
            )
            self._commit()
        return tuple(
            RelationColumn(name, unambiguous_name(kind, self.target.type)) for name, kind in types.items()
        )

    def columns_of_each(self, relations: Mapping[str, str]) -> dict[str, tuple[RelationColumn, ...]]:
        """The columns of several relations without objects, by their names here; in one question where that can be.

        Args:
            relations: What stands after `from`, by any name.

        Raises:
            WarehouseFailed: One of them does not exist, or may not be read.
        """
        sql = self.render("select_no_rows_of_each", relations=list(relations.values())) if relations else None
        if sql is None:
            return {name: self.columns_of(relation) for name, relation in relations.items()}
        with self._translated(sql):
            told = [
                (str(each.name), str(each.dtype)) for each in self._adapter.get_column_schema_from_query(sql)
            ]
            self._commit()
        ends = [place for place, (name, _) in enumerate(told) if name.lower().startswith("ia_end_")]
        starts = [0, *(end + 1 for end in ends[:-1])]
        return {
            name: tuple(
                RelationColumn(column, unambiguous_name(kind, self.target.type))
                for column, kind in told[start:end]
            )
            for name, start, end in zip(relations, starts, ends, strict=True)
        }

    def add_columns(self, relation: Any, added: Sequence[tuple[str, str]]) -> None:
        """Add columns, as (name, type), to a table of ours, the way dbt does for a model that got new ones.

        Raises:
            WarehouseFailed: A grant is missing, or one of them is there.
        """
        # dbt quotes the names: they are to be spelled as the warehouse has spelled those that were not quoted.
        upper = all(each.name.isupper() for each in self.columns_of(str(relation)))
        columns_of_dbt = [self._adapter.Column(name.upper() if upper else name, kind) for name, kind in added]
        with self._translated(str(relation)):
            connection = self._adapter.connections.get_thread_connection()
            if not connection.transaction_open:
                self._adapter.connections.begin()  # dbt's macro does not, and without it PostgreSQL forgets
            self._adapter.execute_macro(
                "alter_relation_add_remove_columns",
                macro_resolver=self._macros,
                project="dbt",
                kwargs={
                    "relation": relation.incorporate(type="table"),
                    "add_columns": columns_of_dbt,
                    "remove_columns": None,
                },
            )
            self._commit()

    def quote(self, name: str) -> str:
        """A column's name, quoted as this warehouse quotes; dbt leaves quotation marks inside it as they are."""
        mark = str(self._adapter.quote("a"))[0]
        return str(self._adapter.quote(name.replace(mark, mark * 2)))

    def relation(self, schema: str, name: str, database: str | None = None) -> Any:
        """A relation of ours; it may not exist. What is no plain word is quoted, whatever the project says."""
        odd = {
            part: True
            for part, written in (("database", database), ("schema", schema))
            if written and not _PLAIN_NAME.fullmatch(written)
        }
        return self._adapter.Relation.create(
            database=database or self.target.database,
            schema=schema,
            identifier=name,
            quote_policy={**self._config.quoting, **odd},
        )

    def exists(self, relation: Any) -> bool:
        """Whether a relation of ours exists."""
        with self._translated(str(relation)):
            found = self._adapter.get_relation(relation.database, relation.schema, relation.identifier)
            self._commit()
        return found is not None

    def names_beside(self, relation: Any) -> frozenset[str]:
        """The names, in lower case, of all that stands in the schema of a relation."""
        with self._translated(str(relation)):
            listed = self._adapter.list_relations(relation.database, relation.schema)
            self._commit()
        return frozenset(str(each.identifier).lower() for each in listed)

    def has_schema(self, relation: Any) -> bool:
        """Whether the schema of a relation exists, as far as the profile's user can see."""
        with self._translated(str(relation)):
            found = self._adapter.check_schema_exists(relation.database, relation.schema)
            self._commit()
        return bool(found)

    def is_in_memory(self, database: str | None = None) -> bool:
        """Whether a database, that of the connection unless another is named, is gone with this process."""
        question = self.render("in_memory")
        rows = self.query(question) if question is not None else []
        if database in (None, self.target.database):
            return any(current for _, current in rows)
        return any(name.lower() == str(database).lower() for name, _ in rows)

    def create_schema(self, relation: Any) -> None:
        """Create the schema of a relation where it is missing."""
        with self._translated(str(relation)):
            if not self._adapter.check_schema_exists(relation.database, relation.schema):
                self._adapter.create_schema(relation.without_identifier())
            self._commit()
        self.forget_relations()

    def forget_relations(self) -> None:
        """Forget which relations exist: the adapter's cache does not see what plain statements create."""
        self._adapter.cache.clear()

    @contextmanager
    def _translated(self, statement: str = "") -> Iterator[None]:
        """Raise what the warehouse refuses as our own; of its words, those names are shown that the statement has."""
        try:
            yield
        # dbt translates what a statement raises, and not what its rows or its commit raise.
        except Exception as error:  # noqa: BLE001 (each driver has errors of its own)
            self._rollback()
            told = redaction.without_values(str(error), statement, redaction.sqlstate(error))
            if redaction.is_about_a_missing_relation(str(error), statement):
                raise NotThere(Message("warehouse-refused", f"the warehouse refused: {told}")) from None
            raise WarehouseFailed(Message("warehouse-refused", f"the warehouse refused: {told}")) from None

    def _rollback(self) -> None:
        connection = self._adapter.connections.get_if_exists()
        if (
            connection is not None
            and self.target.type == "duckdb"
            and not hasattr(connection.handle, "rollback")
        ):
            # dbt-duckdb 1.8 to 1.10 cannot roll back, and every later statement would be refused as well.
            with suppress(Exception):
                connection.handle.cursor().execute("rollback")
        self._adapter.connections.rollback_if_open()

    def _commit(self) -> None:
        connection = self._adapter.connections.get_if_exists()
        if connection is not None and connection.transaction_open:
            self._adapter.connections.commit()


def load(project: DbtProject) -> LoadedProfile:
    """Load the profile and say which output is meant; neither adapter nor warehouse is touched.

    Raises:
        WarehouseUnreachable: The profile cannot be loaded.
    """
    with _loading():
        _set_up_dbt(project)
        config = _load_config(project)
        return LoadedProfile(project, target_of(config, _default_target(project, config)), config)


def open_warehouse(
    project: DbtProject, macro_package: Path, loaded: LoadedProfile | None = None
) -> Warehouse:
    """Register the adapter of the profile and parse the macros of this package.

    Takes about a second, whatever the size of the project; the warehouse is not contacted yet.

    Args:
        loaded: The profile, where it was loaded before.

    Raises:
        WarehouseUnreachable: The profile, or the adapter it names, cannot be loaded.
    """
    loaded = loaded or load(project)
    config = loaded.config
    with _loading():
        _set_up_dbt(project)  # again: a command of dbt in this process may have set it up its own way
        reset_adapters()
        register_adapter(config, get_mp_context())
        adapter = get_adapter(config)
        macros = load_macros(config, adapter, macro_package)
        return Warehouse(adapter, config, macros, loaded.target)


@contextmanager
def _loading() -> Iterator[None]:
    try:
        yield
    except DbtBaseException as error:
        reason = redaction.of_profile(str(error))
        raise WarehouseUnreachable(
            Message("profile-unusable", f"dbt could not load the profile: {reason}")
        ) from None


def _set_up_dbt(project: DbtProject) -> None:
    """Set what dbt keeps for the whole process: its flags, its environment, its loggers."""
    set_invocation_context(dict(os.environ))
    set_from_args(
        Namespace(
            PROJECT_DIR=str(project.project_dir),
            PROFILES_DIR=str(project.profiles_dir),
            project_dir=str(project.project_dir),
            profiles_dir=str(project.profiles_dir),
            target=project.target,
            profile=project.profile,
            threads=None,
            vars=_variables(project),
            WHICH="run",
            partial_parse=False,  # else dbt reads and announces target/partial_parse.msgpack
            send_anonymous_usage_stats=False,
        ),
        None,
    )
    get_event_manager().loggers.clear()  # dbt logs to standard output; we speak for ourselves


def _variables(project: DbtProject) -> Any:
    return yaml.safe_load(project.vars) if project.vars else {}


def _load_config(project: DbtProject) -> Any:
    variables = _variables(project)
    directory = str(project.project_dir)
    profile = load_profile(directory, variables, project.profile, project.target)
    return RuntimeConfig.from_parts(
        load_project(directory, True, profile, variables),  # noqa: FBT003 (dbt's own signature)
        profile,
        get_flags(),
    )


def _default_target(project: DbtProject, config: Any) -> str | None:
    if project.target is None:
        return str(config.target_name)
    try:
        profile = load_profile(str(project.project_dir), config.cli_vars, project.profile, None)
    except DbtBaseException:
        return None  # such as a variable of the environment that only the default output needs
    return str(profile.target_name)


def _unreachable(target: DbtTarget, error: Exception) -> WarehouseUnreachable:
    text = redaction.of_connection(str(error))
    if target.type == "duckdb" and "set lock" in text:
        return WarehouseInUse(
            Message(
                "duckdb-in-use",
                "the DuckDB file is in use by another process, perhaps another run. "
                f"Wait for it, or end it; DuckDB says: {text}",
            )
        )
    return WarehouseUnreachable(
        Message(
            "warehouse-unreachable",
            f"no connection to the warehouse of target {target.name!r} ({target.type}): {text}",
        )
    )
