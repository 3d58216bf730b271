"""From the `meta` of a node to its drafts: blocks, columns and defaults together, not yet judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.entry import (
    KEYS,
    NAME,
    NAME_EXPECTED,
    NO_BLOCK,
    Block,
    read_block,
    spelling_of,
)
from dbt_intercom_activate.configuration.inheritance import inherit
from dbt_intercom_activate.configuration.origin import Origin, note_of
from dbt_intercom_activate.configuration.readers import describe, is_slip_of, listed, nearest, read_text
from dbt_intercom_activate.objects import OBJECTS
from dbt_intercom_activate.project.manifest import ACTIVATABLE

if TYPE_CHECKING:
    from dbt_intercom_activate.configuration.entry import Entry
    from dbt_intercom_activate.configuration.origin import Tail
    from dbt_intercom_activate.configuration.readers import Collector, KeyPath, Note
    from dbt_intercom_activate.configuration.schema_files import SchemaFiles
    from dbt_intercom_activate.project.manifest import DocumentedColumn, Node

KEY = "intercom"
DEFAULTS_KEY = "intercom_defaults"


@dataclass(frozen=True, slots=True)
class Draft:
    """An activation with everything that was written for it, before it is judged."""

    node: Node
    name: str
    entry: Entry
    written: frozenset[str]
    """The keys that are written in the block or come from the defaults, readable or not."""
    judgeable: bool
    """Whether the fields could be read; without them the rest cannot be judged."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Named:
    """A block of a node with its name."""

    name: str
    path: KeyPath
    block: Block


def drafts_of(node: Node, files: SchemaFiles, collector: Collector) -> tuple[Draft, ...]:
    """Read every activation of a node, noting all that has the wrong shape."""
    note = note_of(files, node, collector)
    _note_near_misses(node, note)
    if is_switched_off(node) and not _looks_dedented(node, note):
        return ()
    if _is_of_another_tool(node.meta.get(KEY)):
        return ()
    with_meta = [column for column in node.columns if _names_a_field(column, node)]
    if not _can_carry(node, with_meta, note):
        return ()
    defaults = _read_defaults(node, note)
    blocks = _read_blocks(node, defaults.entry.name, note)
    mapped = _fields_of_columns(with_meta, [block.name for block in blocks], note)
    return tuple(
        _draft(node, named, mapped.get(named.name, ()), defaults, Origin(files, node, named.path), note)
        for named in blocks
    )


def _note_near_misses(node: Node, note: Note) -> None:
    """Note what can only be meant as an activation: `intercomm`, or `intercom` with no `meta` above it."""
    todo = f"Write `config: {{meta: {{{KEY}: …}}}}`"
    for key, value in node.config.items():
        if (key == KEY or looks_like_the_key(key)) and _looks_like_a_block(value):
            note(("config", key), expected="`meta` between them", found=f"`{key}` below `config`", todo=todo)
    for key, value in node.meta.items():
        if looks_like_the_key(str(key)) and _looks_like_a_block(value):
            note(("meta", str(key)), expected=f"`{KEY}`", found=describe(key), todo=f"Did you mean `{KEY}`?")


def looks_like_the_key(key: str) -> bool:
    """Whether a key can be a slip of `intercom`."""
    return key not in (KEY, DEFAULTS_KEY) and is_slip_of(key.lower(), [KEY])


def _looks_like_a_block(value: object) -> bool:
    """Whether it says what to do; another tool's word that looks like ours has other keys."""
    blocks = value if isinstance(value, list) else [value]
    return any(
        isinstance(each, Mapping) and {"object", "behaviour"} & {spelling_of(key) for key in each}
        for each in blocks
    )


def is_switched_off(node: Node) -> bool:
    """Whether the node says `intercom: null`: what it inherits, from its folder or its model, is not for it."""
    return KEY in node.meta and node.meta[KEY] is None


def _looks_dedented(node: Node, note: Note) -> bool:
    """Whether the keys of the block stand beside `intercom` instead of below it."""
    beside = [str(key) for key in node.meta if str(key) in KEYS]
    if beside:
        note(
            ("meta", KEY),
            expected="the keys of the activation below it",
            found=f"nothing below it, and {listed(beside, last='and')} beside it",
            todo="Indent them",
        )
    return bool(beside)


def _is_of_another_tool(raw: object) -> bool:
    """Whether no key of a block is one of ours, nor looks like one: other tools may write `meta.intercom` too."""
    if not isinstance(raw, Mapping) or not raw:
        return False
    return not any(spelling_of(key) in KEYS or is_slip_of(str(key), KEYS) for key in raw)


def _names_a_field(column: DocumentedColumn, node: Node) -> bool:
    """Whether the column's `meta` is about itself: `null` switches off, and dbt 2 copies the model's to its columns.

    https://github.com/dbt-labs/dbt-core/issues/16097
    """
    return column.meta.get(KEY) is not None and column.meta[KEY] != node.meta.get(KEY)


def _can_carry(node: Node, with_meta: list[DocumentedColumn], note: Note) -> bool:
    """Whether the node may have activations, noting it where it has some and may not."""
    if KEY not in node.meta:
        for column in with_meta:
            note(
                _column_path(column),
                expected=f"`meta: {{{KEY}: …}}` on the {node.resource_type} as well",
                found="it on the column only",
                todo="Say there which object and behaviour the column belongs to",
            )
        return node.resource_type in ACTIVATABLE and not with_meta
    if node.resource_type not in ACTIVATABLE:
        note(
            ("meta", KEY),
            expected="it on a model, seed or snapshot",
            found=f"it on a {node.resource_type}",
            todo="Select the rows in a model, and put the activation there",
        )
        return False
    if node.materialized == "ephemeral":
        note(
            ("meta", KEY),
            expected="a model with a relation in the warehouse",
            found="`materialized: ephemeral`",
            todo="Make the model a view or a table",
        )
        return False
    return True


def _read_blocks(node: Node, default_name: str | None, note: Note) -> list[_Named]:
    if node.meta.get(KEY) is None:
        return []
    raw = node.meta[KEY]
    if isinstance(raw, list) and raw:
        paths: list[tuple[KeyPath, object]] = [(("meta", KEY, at), item) for at, item in enumerate(raw)]
    else:
        paths = [(("meta", KEY), raw)]
    blocks = []
    for path, item in paths:
        if isinstance(item, Mapping):
            block = read_block(item, path, note)
            name = block.entry.name or default_name or _name(node, block, path, note)
            blocks.append(_Named(name, path, block))
        else:
            found = "an empty list" if item == [] else describe(item)
            note(path, expected="a mapping, or a list of mappings", found=found)
    return blocks


def _name(node: Node, block: Block, path: KeyPath, note: Note) -> str:
    """Return the model's own name: `customers`, or `customers_v2` for a version."""
    default = node.name if node.version is None else f"{node.name}_v{node.version}"
    if "name" not in block.spelled and not NAME.fullmatch(default):
        found = f"{describe(default)}, the name of the {node.resource_type}"
        note(path, expected=f"a name of {NAME_EXPECTED}", found=found, todo="Set `name`")
    return default


def _read_defaults(node: Node, note: Note) -> Block:
    if node.meta.get(DEFAULTS_KEY) is None:
        return NO_BLOCK
    raw, path = node.meta[DEFAULTS_KEY], ("meta", DEFAULTS_KEY)
    if not isinstance(raw, Mapping):
        note(path, expected="a mapping", found=describe(raw))
        return NO_BLOCK
    block = read_block(raw, path, note)
    fields, constants = block.entry.fields or {}, block.entry.constants or {}
    for key, names in (("fields", fields), ("constants", constants)):
        for name in names:
            if all(each.field(name) is None for each in OBJECTS.values()):
                known = [field for each in OBJECTS.values() for field in each.fields]
                note(
                    (*path, key, name),
                    expected="a field that Intercom lets one write",
                    found=describe(name),
                    todo=nearest(name, known),
                )
    for name in fields.keys() & constants.keys():
        note((*path, "constants", name), expected="the field once", found="it under fields as well")
    return block


def _fields_of_columns(
    columns: list[DocumentedColumn], names: list[str], note: Note
) -> dict[str, list[tuple[str, str, KeyPath]]]:
    """Return (field, column, path) that columns name themselves, by activation."""
    mapped: dict[str, list[tuple[str, str, KeyPath]]] = {name: [] for name in names}
    for column in columns:
        raw, path = column.meta[KEY], _column_path(column)
        if isinstance(raw, Mapping):
            for name, value in raw.items():
                here = (*path, str(name))
                field = read_text(value, here, note)
                if name not in mapped:
                    _note_unknown_activation(str(name), names, here, note)
                elif field is not None:
                    mapped[name].append((field, column.name, here))
        elif len(names) > 1:
            example = ", ".join(f"{name}: …" for name in names)
            note(path, expected=f"{{{example}}}, as there are several activations", found=describe(raw))
        else:
            field = read_text(raw, path, note)
            if field is not None and names:
                mapped[names[0]].append((field, column.name, path))
    return mapped


def _note_unknown_activation(name: str, names: list[str], path: KeyPath, note: Note) -> None:
    expected = f"the name of an activation of this model: {listed(names)}"
    note(path, expected=expected, found=describe(name), todo=nearest(name, names))


def _draft(
    node: Node,
    named: _Named,
    of_columns: list[tuple[str, str, KeyPath]] | tuple[()],
    defaults: Block,
    origin: Origin,
    note: Note,
) -> Draft:
    places: dict[Tail, KeyPath] = {
        (key,): (*named.path, spelling) for key, spelling in named.block.spelled.items() if key != spelling
    }
    fields = dict(named.block.entry.fields or {})
    constants = named.block.entry.constants or {}
    for field, column, path in of_columns:
        if field in fields or field in constants:
            first = places.get(("fields", field), named.path)
            _note_twice(field, column, first=first, path=path, note=note)
        else:
            fields[field] = column
            places["fields", field] = path
    for field in (named.block.entry.fields or {}).keys() & constants.keys():
        note((*named.path, "constants", field), expected="the field once", found="it under fields as well")
    own = replace(named.block.entry, fields=fields, constants=constants)
    entry, inherited = inherit(own, frozenset(named.block.spelled), defaults.entry)
    for tail in inherited:
        key = defaults.spelled.get(tail[0], tail[0])
        places[tail] = ("meta", DEFAULTS_KEY, key, *tail[1:])
    written = frozenset(named.block.spelled) | {tail[0] for tail in inherited}
    judgeable = named.block.entry.fields is not None or "fields" not in named.block.spelled
    return Draft(node, named.name, entry, written, judgeable, replace(origin, places=places))


def _note_twice(field: str, column: str, *, first: KeyPath, path: KeyPath, note: Note) -> None:
    place = f"column {first[1]}" if first[0] == "columns" else "the activation itself"
    note(
        path,
        expected=f"`{field}` from one place",
        found=f"it here, for column {column}, and from {place}",
        todo="Keep one of them",
    )


def _column_path(column: DocumentedColumn) -> KeyPath:
    return ("columns", column.name, "meta", KEY)
