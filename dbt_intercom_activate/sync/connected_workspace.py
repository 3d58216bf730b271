"""A workspace that answered `GET /me`: what is known of it before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.adoptions import Adoptions
from dbt_intercom_activate.errors import (
    CannotActivate,
    CannotRun,
    Message,
    MissingScope,
    RequestFailed,
    Unreachable,
)
from dbt_intercom_activate.intercom.account import read_account, whoami
from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.intercom.data_attributes import (
    create_data_attribute,
    list_data_attributes,
    read_data_attribute,
    read_data_attributes,
)
from dbt_intercom_activate.intercom.pacing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dbt_intercom_activate.binding.binding import MissingAttribute
    from dbt_intercom_activate.configuration.workspace import WorkspaceSettings
    from dbt_intercom_activate.intercom.account import Account
    from dbt_intercom_activate.intercom.data_attributes import DataAttribute


class ConnectedWorkspace:
    """One workspace of intercom.yml, with its client, its account and its data attributes."""

    def __init__(self, settings: WorkspaceSettings, client: IntercomClient, account: Account) -> None:
        self.settings = settings
        self.client = client
        self.account = account
        self.adoptions = Adoptions()
        self._attributes: dict[str, Mapping[str, DataAttribute] | None] = {}

    @property
    def name(self) -> str:
        """The label in intercom.yml."""
        return self.settings.name

    @property
    def id(self) -> str:
        """Intercom's own id, which keys the state."""
        return self.account.id_code

    @property
    def models_read(self) -> int:
        """Of how many models the data attributes were asked for."""
        return len(self._attributes)

    def attributes(
        self, model: str | None, warn: Callable[[str], None]
    ) -> Mapping[str, DataAttribute] | None:
        """The data attributes of a model, by full name, read once; None where they cannot be read or it has none."""
        if model is None:
            return None
        if model not in self._attributes:
            self._attributes[model] = self._read_attributes(model, warn)
        return self._attributes[model]

    def create_attributes(self, missing: Sequence[MissingAttribute]) -> None:
        """Make custom attributes; those that another activation of this run has made are there already.

        Raises:
            CannotActivate: Intercom refuses one, or gives no usable answer; its own words say why.
        """
        for each in missing:
            known = self._attributes.get(each.model) or {}
            if f"custom_attributes.{each.name}" in known:
                continue
            alike = [name for name in known if name.casefold() == f"custom_attributes.{each.name}".casefold()]
            if alike:
                raise CannotActivate(
                    Message(
                        "attribute-made-twice",
                        f"expected a {each.model} attribute that exists in Intercom, found {each.name!r}, which does "
                        f"not. Another activation made {alike[0]}: map the same",
                    )
                )
            try:
                answer = self.client.send(create_data_attribute(each.model, each.name, each.data_type))
            except RequestFailed as error:
                raise CannotActivate(
                    Message(
                        "attribute-not-made",
                        f"the {each.model} attribute {each.name!r} of type {each.data_type} could not be made: {error}",
                    )
                ) from error
            made = read_data_attribute(answer)
            if made is None:
                raise CannotActivate(
                    Message(
                        "attribute-not-made",
                        f"the {each.model} attribute {each.name!r} of type {each.data_type} could not be made: "
                        f"{answer.message or f'HTTP {answer.status}'}",
                    )
                )
            self._attributes[each.model] = {**known, made.full_name: made}

    def _read_attributes(self, model: str, warn: Callable[[str], None]) -> Mapping[str, DataAttribute] | None:
        try:
            answer = self.client.send(list_data_attributes(model))
        except MissingScope as error:
            warn(
                Message(
                    "attributes-unchecked",
                    f"the custom attributes of {model} cannot be checked before the first write: {error}",
                )
            )
            return None
        except Unreachable as error:
            raise CannotActivate(error.message) from error
        if not answer.ok:
            warn(
                Message(
                    "attributes-unchecked",
                    f"the custom attributes of {model} cannot be checked before the first write: HTTP {answer.status}",
                )
            )
            return None
        return {attribute.full_name: attribute for attribute in read_data_attributes(answer)}


def connect(
    settings: WorkspaceSettings, ending: Callable[[Callable[[], None]], None] | None = None
) -> ConnectedWorkspace:
    """Ask Intercom who we are.

    Args:
        settings: Whom to ask.
        ending: Takes what is to be called when the run is to end, before anything is asked.

    Raises:
        Interrupted: The run was to end.
        TokenRefused: Intercom refused the token.
        CannotRun: It gave no usable answer.
    """
    client = IntercomClient(
        settings.base_url,
        settings.access_token,
        settings.api_version,
        pacer=Pacer(requests_per_minute=settings.requests_per_minute),
        timeout=settings.timeout,
    )
    if ending is not None:
        ending(client.stop)
    answer = client.send(whoami())
    account = read_account(answer) if answer.ok else None
    if account is None:
        raise CannotRun(
            Message(
                "workspace-unknown",
                f"workspace {settings.name!r}: expected Intercom to tell its id at GET /me, found HTTP "
                f"{answer.status}. Check base_url and region; nothing was sent",
            )
        )
    return ConnectedWorkspace(settings, client, account)
