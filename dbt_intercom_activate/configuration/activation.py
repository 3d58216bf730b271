"""Activations: what the project's `meta` asks for, checked and frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration import open_names, rules
from dbt_intercom_activate.configuration.entry import AtMost
from dbt_intercom_activate.configuration.meta import KEY, drafts_of
from dbt_intercom_activate.configuration.readers import Collector, JsonScalar, describe
from dbt_intercom_activate.configuration.schema_files import SchemaFiles
from dbt_intercom_activate.objects.vocabulary import Archived, Gate, Nulls, Removed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from dbt_intercom_activate.configuration.entry import Entry
    from dbt_intercom_activate.configuration.meta import Draft
    from dbt_intercom_activate.configuration.origin import Origin
    from dbt_intercom_activate.errors import Message, Mistake
    from dbt_intercom_activate.objects import Behaviour, IntercomObject
    from dbt_intercom_activate.project.manifest import Manifest, Node

__all__ = [
    "DEFAULT_MAX_REMOVED",
    "Activation",
    "Archived",
    "AtMost",
    "Gate",
    "JsonScalar",
    "Judged",
    "Nulls",
    "Removed",
    "activations_of",
]

DEFAULT_MAX_REMOVED = AtMost(percent=10.0)


@dataclass(frozen=True, slots=True)
class Activation:
    """One model and one `intercom` entry of its `meta`."""

    name: str
    node: Node
    object: IntercomObject
    behaviour: Behaviour
    identifier: str | None
    fields: Mapping[str, str]
    """Intercom field: column of the relation, as the user wrote it."""
    constants: Mapping[str, JsonScalar]
    """Intercom field: fixed value; dates are unix seconds already."""
    workspace: str | None
    """The name of a workspace; None for the default one."""
    key: tuple[str, ...]
    """The columns of the record key, as written; empty where the object's default holds."""
    nulls: Nulls
    create_attributes: bool
    removed: Removed
    max_removed: AtMost
    max_inserted: AtMost | None
    """None: as many as there are."""
    max_updated: AtMost | None
    max_failed: AtMost | None
    """None: all of them."""
    archived: Archived
    gate: Gate
    warn: frozenset[str]
    """Failure codes that are counted but do not make the exit code 1."""
    enabled: bool
    was: tuple[str, ...]
    """Names that it had before."""
    where: str | None
    """SQL over the columns of the relation: which of its rows are meant; None for all."""
    origin: Origin = field(repr=False, compare=False)

    @property
    def warned(self) -> frozenset[str]:
        """The codes in `warn`, as results name them."""
        return frozenset(str(code) for code in self.warn)

    @property
    def advice(self) -> tuple[Message, ...]:
        """What is no mistake and worth a warning."""
        return open_names.advice(self.name, self.object, (*self.fields, *self.constants))

    def mistake(self, key_path_tail: str, *, expected: str, found: str, todo: str | None = None) -> Mistake:
        """Make a mistake that was found later, with the file and line of the setting.

        Args:
            key_path_tail: The setting within the entry: `workspace`, `fields.custom_attributes.plan`.
            expected: What would have been right.
            found: What is there instead.
            todo: What the user can do.
        """
        key, _, name = key_path_tail.partition(".")
        tail = (key, name) if name else (key,)
        return self.origin.mistake(*tail, expected=expected, found=found, todo=todo)


@dataclass(frozen=True, slots=True)
class Judged:
    """Activations that were read already from the manifest of an invocation of dbt."""

    invocation_id: str | None
    """As the manifest names it."""
    activations: tuple[Activation, ...]


def activations_of(manifest: Manifest, project_dir: Path) -> tuple[Activation, ...]:
    """Return the project's activations in the order of their names, disabled ones included.

    Raises:
        ConfigurationError: There are mistakes; it holds those of all nodes.
    """
    files = SchemaFiles(project_dir, manifest.project_name)
    collector = Collector()
    drafts = [
        draft
        for node in manifest.nodes.values()
        if not _means_its_latest_version(node, manifest, files)
        for draft in drafts_of(node, files, collector)
    ]
    _check_names(drafts, collector)
    _check_former_names(drafts, collector)
    activations = [_settle(draft, collector) for draft in drafts]
    collector.finish()
    return tuple(sorted(_without_namesakes(filter(None, activations)), key=lambda each: each.name))


def _means_its_latest_version(node: Node, manifest: Manifest, files: SchemaFiles) -> bool:
    """Whether an older version only repeats what its model says, which is meant for the latest one."""
    if node.latest_version in (None, node.version) or files.version_says(node, KEY):
        return False
    latest = manifest.latest_of(node)
    # dbt merges what a version says into what its model says: where the two differ, one of them speaks for itself.
    return latest is None or latest.meta.get(KEY) in (None, node.meta.get(KEY))


def _without_namesakes(activations: Iterable[Activation]) -> Iterator[Activation]:
    """Leave out what is switched off and has the name of another: it holds no name."""
    taken: set[str] = set()
    for each in sorted(activations, key=lambda each: not each.enabled):
        if each.enabled or each.name not in taken:
            yield each
        taken.add(each.name)


def _check_names(drafts: list[Draft], collector: Collector) -> None:
    first: dict[str, Draft] = {}
    for draft in drafts:
        if draft.entry.enabled is False or (draft.entry.name is None and "name" in draft.written):
            continue
        other = first.setdefault(draft.name, draft)
        if other is not draft:
            owner = "this model" if other.node == draft.node else other.node.label
            found = f"{describe(draft.name)}, which an activation of {owner} has already"
            todo = "Give each activation a `name` of its own"
            collector.add(
                draft.origin.mistake(
                    "name", expected="a name that is unique in the project", found=found, todo=todo
                )
            )


def _check_former_names(drafts: list[Draft], collector: Collector) -> None:
    """A name of before belongs to one activation, and to none of today."""
    taken = {each.name: each.node.label for each in drafts if each.entry.enabled is not False}
    for draft in drafts:
        for name in draft.entry.was or ():
            if draft.entry.enabled is not False and name in taken:
                found = f"{describe(name)}, which an activation of {taken[name]} has"
                todo = "Write the name that this one had before it was renamed"
                collector.add(
                    draft.origin.mistake("was", expected="a name of nobody else", found=found, todo=todo)
                )
            taken.setdefault(name, draft.node.label)


def _settle(draft: Draft, collector: Collector) -> Activation | None:
    """Judge a draft; None where it cannot be judged."""

    def note(*tail: str, expected: str, found: str, todo: str | None = None) -> None:
        collector.add(draft.origin.mistake(*tail, expected=expected, found=found, todo=todo))

    draft = _with_cleared(draft, note)
    entry, written = draft.entry, draft.written
    known = rules.object_and_behaviour(entry, written, note) and draft.judgeable
    if not known or entry.object is None or entry.behaviour is None:
        return None
    terms = entry.object.behaviours[entry.behaviour]
    chosen = rules.identifier(entry, written, terms, note)
    rules.fields(entry, chosen, note)
    constants = rules.constants(entry, note)
    rules.groups(entry, terms, note)
    rules.leads(entry, chosen, note)
    rules.key(entry, written, chosen, note)
    rules.removals(entry, terms, note)
    rules.attributes(entry, note)
    open_names.judge(entry, note)
    return _activation(
        draft, replace(entry, identifier=chosen, constants=constants), entry.object, entry.behaviour
    )


def _with_cleared(draft: Draft, note: Callable[..., None]) -> Draft:
    """The draft with what it clears as constants of null, which are judged as any other."""
    entry = draft.entry
    if not entry.clear:
        return draft
    mapped = {*(entry.fields or {}), *(entry.constants or {})}
    for name in entry.clear:
        if name in mapped:
            note("clear", expected="fields that are not mapped", found=f"{describe(name)}, which is")
    cleared = [name for name in entry.clear if name not in mapped]
    places = dict(draft.origin.places)
    places.update((("constants", name), draft.origin.path("clear")) for name in cleared)
    constants: dict[str, JsonScalar] = {**(entry.constants or {}), **dict.fromkeys(cleared, None)}
    return replace(
        draft, entry=replace(entry, constants=constants), origin=replace(draft.origin, places=places)
    )


def _activation(draft: Draft, entry: Entry, owner: IntercomObject, behaviour: Behaviour) -> Activation:
    return Activation(
        name=draft.name,
        node=draft.node,
        object=owner,
        behaviour=behaviour,
        identifier=entry.identifier,
        fields=MappingProxyType(dict(entry.fields or {})),
        constants=MappingProxyType(dict(entry.constants or {})),
        workspace=entry.workspace,
        key=entry.key or (),
        nulls=entry.nulls or Nulls.SEND,
        create_attributes=bool(entry.create_attributes),
        removed=entry.removed or Removed.IGNORE,
        max_removed=entry.max_removed or DEFAULT_MAX_REMOVED,
        max_inserted=entry.max_inserted,
        max_updated=entry.max_updated,
        max_failed=entry.max_failed,
        archived=entry.archived or Archived.FAIL,
        gate=entry.gate or Gate.MODEL,
        warn=entry.warn or frozenset(),
        enabled=entry.enabled is not False,
        was=entry.was or (),
        where=entry.where,
        origin=draft.origin,
    )
