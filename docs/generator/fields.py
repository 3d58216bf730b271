"""The blocks of docs/reference/fields.md: what can be written, object by object."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dbt_intercom_activate.binding.values import MAX_ATTRIBUTE_LENGTH
from dbt_intercom_activate.objects import OBJECTS, FieldType
from dbt_intercom_activate.objects.model import LONGEST_ATTRIBUTE_NAME
from docs.generator.markdown import bullets, code, docstrings, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt_intercom_activate.objects import Field, IntercomObject
    from dbt_intercom_activate.objects.model import OpenNames

_TAKES = docstrings(FieldType)


def _section(owner: IntercomObject) -> str:
    rows = [_row(each, owner) for each in owner.fields.values()]
    if owner.open_prefix:
        rows.append(_open(owner))
    if owner.open_names is not None:
        rows += _halves(owner.open_prefix, owner.open_names)
    parts = [table(("field", "takes", "a null", "limits"), rows), _groups(owner)]
    if owner.read_only:
        instead = table(
            ("not to be written", "instead"), [(f"`{name}`", said) for name, said in owner.read_only.items()]
        )
        parts.append(instead)
    return "\n\n".join(filter(None, parts))


def _row(field: Field, owner: IntercomObject) -> tuple[str, str, str, str]:
    return f"`{field.name}`", _takes(field.type), _null(field, owner), _limits(field)


def _takes(kind: FieldType) -> str:
    said = _TAKES[kind.name].rstrip(".")
    return said if said.startswith("`") else said[0].lower() + said[1:]


def _null(field: Field, owner: IntercomObject) -> str:
    if field.nullable and owner.attribute_model:
        return "clears it"
    return "left out" if owner.attribute_model and not field.identifies_only else "fails"


def _limits(field: Field) -> str:
    found = []
    if field.identifies_only:
        found.append("only to match, never written")
    if field.not_by_id:
        found.append(f"not in {code(*sorted(map(str, field.not_by_id)))} by `id`")
    if field.together_with:
        found.append(f"only together with `{field.together_with}`")
    return "; ".join(found)


def _open(owner: IntercomObject) -> tuple[str, str, str, str]:
    takes, named = _takes(FieldType.SCALAR), f"a name of up to {LONGEST_ATTRIBUTE_NAME} characters"
    if owner.open_names is not None:
        named += f" without dots and [the signs that no name may have]({owner.open_names.source})"
        named += f"; at most {owner.open_names.most} of them"
    if owner.attribute_model is None:
        return f"`{owner.open_prefix}…`", takes, "left out", named
    kind = f"what the attribute's type takes, or {takes} where its type is unknown"
    return (
        f"`{owner.open_prefix}…`",
        kind,
        "clears it",
        f"text of up to {MAX_ATTRIBUTE_LENGTH} characters; {named}",
    )


def _halves(prefix: str | None, names: OpenNames) -> Iterator[tuple[str, str, str, str]]:
    for pair in names.pairs:
        leading, other = (f"`{prefix}….{half}`" for half in pair.halves)
        yield leading, _takes(pair.leading_type), f"left out, with {other}", f"only together with {other}"
        yield (
            other,
            _takes(pair.other_type),
            f"fails, where {leading} is there",
            f"only together with {leading}",
        )


def _groups(owner: IntercomObject) -> str:
    rules = [f"Map {'one of ' if len(group) > 1 else ''}{code(*group)}." for group in owner.one_of]
    for behaviour, terms in owner.behaviours.items():
        if terms.only is not None:
            others = f", and {code(*sorted(terms.only))} if you like" if terms.only else ""
            rules.append(f"`{behaviour}` takes its identifier{others}, and nothing else.")
        if terms.creates_with:
            rules.append(f"`{behaviour}` needs at least one of {code(*sorted(terms.creates_with))}.")
    return bullets(rules)


BLOCKS = {name: partial(_section, owner) for name, owner in OBJECTS.items()}
