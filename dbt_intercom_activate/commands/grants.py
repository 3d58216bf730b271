"""What can be proved of the grants on the ledger without making anything.

A `create` proves a grant by making something, and the only way to prove an `insert` on every warehouse is to insert.
So the warehouse is asked where it has a question for it, and where it has none, that is said.

What only `compact` needs, to delete from `ledger` and with `--payloads` to update it, is not looked at: a sync needs
neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import WarehouseFailed
from dbt_intercom_activate.ledger.standing import TABLES

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.workspace import LedgerPlace
    from dbt_intercom_activate.warehouse.connection import Warehouse


@dataclass(frozen=True, slots=True)
class Proof:
    """One grant."""

    name: str
    proved: bool | None
    """None where it can be neither proved nor denied."""
    message: str


def prove(warehouse: Warehouse, ledger: LedgerPlace) -> list[Proof]:
    """Everything that can be known of the ledger's schema and tables; nothing is created.

    Raises:
        WarehouseFailed: The warehouse refuses to tell what there is.
    """
    tables = [warehouse.relation(ledger.schema, name, ledger.database) for name in TABLES]
    if not warehouse.has_schema(tables[0]):
        return [_schema_to_be_made(warehouse, ledger)]
    proofs = [Proof("ledger schema", proved=True, message=f"{ledger.schema} exists")]
    proofs.append(_may_make_tables(warehouse, ledger))
    for name, relation in zip(TABLES, tables, strict=True):
        if warehouse.exists(relation):
            proofs += [_may_read(warehouse, name, relation), _may_append(warehouse, name, relation)]
        else:
            proofs.append(Proof(f"table {name}", proved=True, message="none yet; the first sync makes it"))
    return proofs


def _schema_to_be_made(warehouse: Warehouse, ledger: LedgerPlace) -> Proof:
    may = _answer(warehouse, warehouse.render("may_create_schema"))
    return Proof("ledger schema", may, f"{ledger.schema} is not there yet; {_making(may)}")


def _may_make_tables(warehouse: Warehouse, ledger: LedgerPlace) -> Proof:
    may = _answer(warehouse, warehouse.render("may_create_table", schema=ledger.schema))
    return Proof("grant to create tables in it", may, _making(may))


def _making(may: bool | None) -> str:  # noqa: FBT001 (it is the answer)
    if may is None:
        return "whether it may be made cannot be proved without making it"
    return "it may be made" if may else "it may not be made: grant CREATE to the user of the profile"


def _may_read(warehouse: Warehouse, name: str, relation: Any) -> Proof:
    try:
        warehouse.query(warehouse.render("select_no_rows", relation=relation))
    except WarehouseFailed as error:
        return Proof(f"table {name}: read", proved=False, message=str(error))
    return Proof(f"table {name}: read", proved=True, message="it may be read")


def _may_append(warehouse: Warehouse, name: str, relation: Any) -> Proof:
    title = f"table {name}: append"
    sql = warehouse.render("explain_append", relation=relation)
    if sql is None:
        message = "whether it may be appended to cannot be proved without appending"
        return Proof(title, proved=None, message=message)
    try:
        warehouse.query(sql)
    except WarehouseFailed as error:
        return Proof(title, proved=False, message=str(error))
    return Proof(title, proved=True, message="it may be appended to")


def _answer(warehouse: Warehouse, question: str | None) -> bool | None:
    if question is None:
        return None
    try:
        rows = warehouse.query(question)
    except WarehouseFailed:
        return None
    return bool(rows[0][0]) if rows else None
