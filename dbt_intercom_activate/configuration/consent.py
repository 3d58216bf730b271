"""Fields that people choose in Intercom themselves, which a sync must not take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.configuration.entry import only_to
from dbt_intercom_activate.errors import Message
from dbt_intercom_activate.objects.model import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt_intercom_activate.configuration.activation import Activation


def takes_back(activation: Activation) -> Iterator[str]:
    """What an activation would take back that people chose in Intercom, each with the way that is safe."""
    if activation.behaviour is Behaviour.INSERT:
        return  # whoever is new has chosen nothing yet
    for name, written in {**activation.constants, **activation.fields}.items():
        field = activation.object.field(name)
        if field is None or not field.chosen_by_people:
            continue
        column = activation.fields.get(name)
        if (written if column is None else only_to(column)) is not True:
            safe = (
                "leave it out" if column is None else f"write `{name}: {{column: {column}, only_to: true}}`"
            )
            yield Message(
                "consent-taken-back",
                f"{name}: people choose it in Intercom too, and a false takes their choice back whenever any field of "
                f"theirs changes; {safe}, so that only true is ever sent",
            )
