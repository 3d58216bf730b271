"""The columns of a query and their types, from whoever tells them as they are: adapter, driver or warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def of_description(adapter: Any, question: str) -> dict[str, str]:
    """What the warehouse answers to the macro `describe_query`: the type of each column by its name, in their order."""
    _, table = adapter.execute(question, auto_begin=True, fetch=True)
    return {str(name): str(data_type) for name, data_type, *_ in table.rows}


def of_query(adapter: Any, sql: str) -> dict[str, str]:
    """What the adapter says of the columns of a query."""
    if adapter.type() == "snowflake":
        return _of_snowflake(adapter, sql)
    types = {each.name: _type_of(each) for each in adapter.get_column_schema_from_query(sql)}
    return _with_objects_whole(adapter, sql, types) if any("." in name for name in types) else types


def _type_of(column: Any) -> str:
    """BigQuery says that a column is an array by its mode; `dtype` is then the type of what is in it.

    https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema.FIELDS.mode
    """
    repeated = getattr(column, "mode", None) == "REPEATED"
    return str(column.data_type if repeated else column.dtype)


def _of_snowflake(adapter: Any, sql: str) -> dict[str, str]:
    """The connector calls every number FIXED, and dbt drops what tells an integer from the others.

    https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#attributes
    """
    _, cursor = adapter.connections.add_select_query(sql)
    types = {}
    for name, code, _, _, precision, scale, *_ in cursor.description:
        told = adapter.connections.data_type_code_to_name(code)
        types[name] = f"NUMBER({precision},{scale})" if told == "FIXED" and precision is not None else told
    return types


def _with_objects_whole(adapter: Any, sql: str, types: Mapping[str, str]) -> dict[str, str]:
    """The columns as the relation has them: dbt-duckdb and dbt-bigquery list the parts of an object instead."""
    _, table = adapter.execute(sql, auto_begin=True, fetch=True)
    return {name: types.get(name, "struct") for name in table.column_names}
