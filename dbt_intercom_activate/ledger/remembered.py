"""What a target path remembers of the syncs before: where the ledger was, and what each activation mapped.

It decides nothing by itself. A target path that is made anew for each run remembers nothing, and nothing is said there.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.errors import LedgerRefused, Message
from dbt_intercom_activate.ledger.journal import FOLDER
from dbt_intercom_activate.project.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from dbt_intercom_activate.configuration.activation import Activation

_FILE = "remembered.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of one dbt target."""

    ledger: str | None = None
    """The ledger's relation, once it was written to."""
    mapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By activation, the custom attributes that it sent."""

    def refuse_new_ledger(self, relation: str) -> None:
        """Refuse to begin without a ledger where there was one.

        Args:
            relation: The ledger of now, which is not there.

        Raises:
            LedgerRefused: There was one: without it, everything would be sent again.
        """
        if self.ledger is None:
            return
        raise LedgerRefused(
            Message(
                "ledger-gone",
                f"this project has synced before, with the ledger {self.ledger}, and there is no {relation} now: "
                "everything would be sent again, events too. Nothing was sent. Bring it back, or say `--new-ledger` "
                "if it is meant to be gone",
            )
        )

    def no_longer_mapped(self, activations: Iterable[Activation]) -> Iterator[str]:
        """What to say of custom attributes that were mapped before and keep their values in Intercom."""
        for activation in activations:
            for name in self.mapped.get(activation.name, ()):
                if name not in _mapped(activation):
                    yield Message(
                        "attribute-unmapped",
                        f"{activation.name}: {name} is not mapped any more, and keeps in Intercom the values that it "
                        f"has; `clear: [{name}]` takes them away",
                    )


def recall(target_path: Path, dbt_target: str) -> Remembered:
    """Read what is remembered; nothing where there is no file, or one that cannot be read."""
    found = _read(target_path).get(dbt_target)
    if not isinstance(found, dict):
        return Remembered()
    ledger, mapped = found.get("ledger"), found.get("mapped")
    known = mapped if isinstance(mapped, dict) else {}
    return Remembered(
        ledger if isinstance(ledger, str) else None,
        {str(name): tuple(map(str, fields)) for name, fields in known.items() if isinstance(fields, list)},
    )


def remember(
    target_path: Path, dbt_target: str, before: Remembered, ledger: str, synced: Iterable[Activation]
) -> None:
    """Write down where the ledger is, and what the activations that were synced map now."""
    mapped = {**before.mapped, **{each.name: _mapped(each) for each in synced}}
    document = {**_read(target_path), dbt_target: {"ledger": ledger, "mapped": mapped}}
    with suppress(OSError):  # what is not remembered is not said
        (target_path / FOLDER).mkdir(parents=True, exist_ok=True)
        write_whole(target_path / FOLDER / _FILE, json.dumps(document, indent=2) + "\n")


def _mapped(activation: Activation) -> tuple[str, ...]:
    prefix = activation.object.open_prefix
    names = (*activation.fields, *activation.constants)
    return tuple(sorted(each for each in names if prefix and each.startswith(prefix)))


def _read(target_path: Path) -> dict[str, Any]:
    try:
        found = json.loads((target_path / FOLDER / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
