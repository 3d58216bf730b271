"""What can go wrong, sorted by what the caller does next, and what a mistake is.

::

    ActivateError                 base, never raised itself
    ├── CannotRun                 nothing was sent, exit code 2
    │   ├── ConfigurationError    mistakes in `meta` or intercom.yml, all of them
    │   ├── ArtifactError         target/ does not say what to sync
    │   ├── WarehouseUnreachable  dbt's profile does not lead to a warehouse
    │   │   └── WarehouseInUse    since another process holds its file
    │   ├── LedgerRefused         newer than this program, or not as it was made
    │   ├── PlanRefused           a kept plan that cannot be applied any more
    │   └── AlreadyRunning        another run holds the lock
    ├── CannotActivate            this activation is `error`, the others go on
    │   ├── MistakesFound         against the relation's columns or Intercom's attributes
    │   ├── WarehouseFailed       the warehouse refused a statement
    │   │   └── NotThere          since a relation that it names is not there
    │   ├── MissingScope          the token lacks a scope
    │   ├── PlanRestricted        Intercom's plan does not include the endpoint
    │   └── VersionRefused        Intercom does not know the API version
    ├── Stopped                   the run ends early as `deferred`; what was delivered is accounted for
    │   ├── TokenRefused          also before the first write, where it is exit code 2
    │   ├── IntercomDown          no answer from Intercom to anything
    │   ├── Interrupted           a signal, --max-time
    │   └── JournalFailed         the local disk refused; nothing more is sent than can be accounted for
    └── RequestFailed             one record's request; the others go on
        ├── Unreachable           no usable answer after retries; safe to send again
        └── AnswerLost            no answer, and Intercom could not recognise a second attempt
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in what the user wrote, in one grammar: where, what was expected, what was found, what to do."""

    file: str
    """Path below the project directory, or the artifact's path."""
    line: int | None
    """Line in `file`, from 1; None where it cannot be known."""
    node: str | None
    """The model, seed or snapshot; None for intercom.yml."""
    key_path: str
    """Where in the block, such as `meta.intercom.fields.email`."""
    expected: str
    found: str
    todo: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        owner = f"{self.node}: " if self.node else ""
        advice = f". {self.todo}" if self.todo else ""
        return f"{place}: {owner}{self.key_path}: expected {self.expected}, found {self.found}{advice}"


class Message(str):
    """What a user reads, with the code by which docs/failures.md has it.

    It is the text alone, so that one message can be part of another; where a command ends or a line is logged, the
    code is shown too.
    """

    __slots__ = ("code",)

    code: str
    """Lower case words with hyphens between them. It stays where the text gets better."""

    def __new__(cls, code: str, text: str) -> Self:
        """A text with its code."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def __reduce__(self) -> tuple[type[Message], tuple[str, str]]:
        """For copies, which Python makes by calling the class again."""
        return Message, (self.code, str.__str__(self))

    def __str__(self) -> str:
        """Itself, so that what an error says keeps its code."""
        return self


def with_code(text: str) -> str:
    """A text as people read it: with its code, where it has one, at the end of its first line."""
    if not isinstance(text, Message):
        return text
    first, line_end, rest = text.partition("\n")
    return f"{first} [{text.code}]{line_end}{rest}"


class ActivateError(Exception):
    """Base of all errors that this package raises on purpose."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    perhaps_done: bool = True
    """Whether the request that came to nothing may have been carried out all the same; where nobody knows, it may."""

    def at_the_start(self) -> str:
        """What a person is told where this ended a command before it began."""
        return f"Nothing was sent. {with_code(self.message)}"


class CannotRun(ActivateError):
    """The command could not begin; nothing was sent. Exit code 2."""

    def at_the_start(self) -> str:
        """Its own words: that it could not begin is what they say."""
        return with_code(self.message)


class ConfigurationError(CannotRun):
    """The configuration has mistakes; `mistakes` holds every one of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        heading = f"{count} mistake{'s' if count != 1 else ''} in the configuration"
        super().__init__(
            Message("mistakes", "\n".join([heading, *(f"  {mistake}" for mistake in self.mistakes)]))
        )


class ArtifactError(CannotRun):
    """dbt's artifacts are missing, unreadable, or do not say what may be synced."""


class WarehouseUnreachable(CannotRun):
    """dbt could not load the profile or connect to the warehouse."""


class WarehouseInUse(WarehouseUnreachable):
    """Another process holds the file of the database, which lets one in."""


class LedgerRefused(CannotRun):
    """The ledger is of a newer version of this program, or lacks what it had; nothing can rest on it."""


class PlanRefused(CannotRun):
    """A kept plan cannot be made, or is not what would be sent any more."""


class AlreadyRunning(CannotRun):
    """Another run of this project is alive."""


class CannotActivate(ActivateError):
    """One activation cannot run or finish; the others go on."""


class WritesHeld(CannotActivate):
    """A guard on writes holds all of an activation; nothing was sent."""


class MistakesFound(CannotActivate):
    """The activation does not fit its relation or its workspace; `mistakes` holds every reason."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(Message("mistakes", "\n".join(str(mistake) for mistake in self.mistakes)))


class WarehouseFailed(CannotActivate):
    """The warehouse refused a statement."""


class NotThere(WarehouseFailed):
    """A relation that a statement names is not there."""


class MissingScope(CannotActivate):
    """Intercom says that the token lacks a scope."""


class PlanRestricted(CannotActivate):
    """Intercom says that the workspace's plan does not allow this."""


class VersionRefused(CannotActivate):
    """Intercom does not know the configured API version, or the endpoint is not in it."""


class Stopped(ActivateError):
    """The run ends before its end; the rest is left for the next run."""

    attempted_at: int | None = None
    """See `RequestFailed`."""


class TokenRefused(Stopped):
    """Intercom refused the access token."""


class IntercomDown(Stopped):
    """Intercom answered nothing for so long that going on makes no sense."""


class Interrupted(Stopped):
    """A signal or --max-time ended the run."""


class JournalFailed(Stopped):
    """The journal could not be written, so that what is sent from now on could be lost with the process."""


class RequestFailed(ActivateError):
    """One request came to nothing; only its record is concerned."""

    attempted_at: int | None = None
    """Unix seconds by Intercom's clock, before the first attempt that may have been carried out. None where there was
    none, and where Intercom's clock is not known."""


class Unreachable(RequestFailed):
    """Intercom gave no usable answer, retries included. Sending it again later is safe."""


class AnswerLost(RequestFailed):
    """The request may have been carried out, and repeating it could do it twice."""
