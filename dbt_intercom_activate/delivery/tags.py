"""What tags on anything have in common, and the tags that are set in the name of an admin.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tags
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from dbt_intercom_activate.delivery.answers import NOT_FOUND, failed, rejected, succeeded
from dbt_intercom_activate.delivery.forecast import Forecast, perhaps, surely
from dbt_intercom_activate.delivery.foreseen_calls import tag_list
from dbt_intercom_activate.delivery.notebook import Notebook
from dbt_intercom_activate.delivery.procedure import Delivery, Procedure
from dbt_intercom_activate.errors import CannotActivate, Message
from dbt_intercom_activate.intercom import tags as api
from dbt_intercom_activate.intercom.api import Request
from dbt_intercom_activate.objects.model import Behaviour
from dbt_intercom_activate.objects.vocabulary import Removed
from dbt_intercom_activate.outcomes.codes import Code
from dbt_intercom_activate.outcomes.outcome import Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dbt_intercom_activate.binding.record import Conversation, Record, Rules, Talk
    from dbt_intercom_activate.configuration.activation import Activation
    from dbt_intercom_activate.delivery.forecast import Work
    from dbt_intercom_activate.intercom.api import Answer
    from dbt_intercom_activate.objects.model import IntercomObject

SayAsAdmin = Callable[[str, str, str], Request]
"""The request about an item's tag in the name of an admin, by Intercom's ids of the three."""


def learn_tags() -> Conversation[Notebook]:
    """Read every tag of the workspace, in one call.

    Raises:
        CannotActivate: Intercom refuses to tell, which is not the same as having no tags.
    """
    answer = yield api.list_tags()
    if not answer.ok:
        raise CannotActivate(
            Message("tags-unreadable", f"GET /tags: Intercom refused to list the tags, HTTP {answer.status}")
        )
    return Notebook(tags={tag.name.lower(): tag.id for tag in api.read_tags(answer)})


def known_id(notebook: Notebook, record: Record) -> str | None:
    """Intercom's id of the record's tag; None for a tag that does not exist."""
    return notebook.tags.get((record.related or "").lower())


def nothing_to_detach(record: Record) -> Outcome:
    """The tag does not exist, so nothing has it."""
    return Outcome(Operation.DETACH, intercom_id=record.known_id)


def name_of(batch: Sequence[tuple[Record, str]]) -> str:
    """The one tag of a batch."""
    return batch[0][0].related or ""


def distinct_ids(batch: Sequence[tuple[Record, str]]) -> list[str]:
    """What a batch tags, each once."""
    return list(dict.fromkeys(target for _, target in batch))


def detaches(activation: Activation) -> bool:
    """Whether an activation takes tags off, as its behaviour or from records that left its model."""
    return activation.behaviour is Behaviour.DETACH or activation.removed is Removed.DETACH


def delivered_as_admin(tagged: IntercomObject, tag: SayAsAdmin, untag: SayAsAdmin) -> Delivery:
    """The delivery of tags on what is known by its id only, and is tagged one by one in the name of an admin.

    Args:
        tagged: The object, whose field `admin_id` says who tags.
        tag: The request that sets a tag.
        untag: The request that takes it off.
    """

    def endpoints(activation: Activation) -> Iterator[str]:
        yield "GET /tags"
        if activation.behaviour is Behaviour.ATTACH:
            yield "POST /tags"
            yield tag("", "", "").endpoint
        if detaches(activation):
            yield untag("", "", "").endpoint

    def procedure(rules: Rules) -> Procedure:
        if rules.behaviour is Behaviour.DETACH:
            return Procedure(
                lambda _, notebook, record, _found: _detach_as_admin(notebook, record, untag),
                opening=learn_tags,
            )
        return Procedure(
            lambda _, notebook, record, _found: _attach_as_admin(notebook, record, tag), opening=learn_tags
        )

    def forecast(work: Work) -> Forecast:
        """A tag that is missing is made, by each of the workers that find it missing at the same time."""
        listed = tag_list(work)
        if work.rules.behaviour is Behaviour.DETACH:
            return listed + perhaps(untag("", "", "").endpoint, 0, work.count)
        by_tag: Counter[str | None] = Counter()
        for each in work.records:
            by_tag[each.tag] += each.count
        made = sum(min(count, work.concurrency) for count in by_tag.values())
        return listed + perhaps("POST /tags", 0, made) + surely(tag("", "", "").endpoint, work.count)

    return Delivery(object=tagged, procedure=procedure, endpoints=endpoints, forecast=forecast)


def _attach_as_admin(notebook: Notebook, record: Record, say: SayAsAdmin) -> Talk:
    item_id, admin_id = record.identifier or "", _admin_id(record)
    if admin_id is None:
        return _no_admin()
    tag_id = known_id(notebook, record)
    if tag_id is None:
        answer = yield api.create_tag(record.related or "")
        created = api.read_tag(answer)
        if created is None:
            return rejected(Operation.ATTACH, answer, item_id)
        tag_id = notebook.tags[(record.related or "").lower()] = created.id
    answer = yield say(item_id, tag_id, admin_id)
    if answer.ok:
        return succeeded(Operation.ATTACH, answer, item_id, related_id=tag_id)
    return _refused(Operation.ATTACH, answer, item_id)


def _detach_as_admin(notebook: Notebook, record: Record, say: SayAsAdmin) -> Talk:
    """Take a tag off; what does not have it is as it should be."""
    item_id, admin_id = record.identifier or "", _admin_id(record)
    if admin_id is None:
        return _no_admin()
    tag_id = known_id(notebook, record)
    if tag_id is None:
        return nothing_to_detach(record)
    answer = yield say(item_id, tag_id, admin_id)
    lacks_tag = answer.status == NOT_FOUND and answer.code == "tag_not_found"
    if answer.ok or lacks_tag:
        return succeeded(Operation.DETACH, answer, item_id, related_id=tag_id)
    return _refused(Operation.DETACH, answer, item_id)


def _admin_id(record: Record) -> str | None:
    admin_id = record.payload.get("admin_id")
    return admin_id if isinstance(admin_id, str) and admin_id else None


def _no_admin() -> Outcome:
    return Outcome(Operation.NONE, Code.INVALID_VALUE, "admin_id: empty; Intercom asks who tags")


def _refused(operation: Operation, answer: Answer, item_id: str) -> Outcome:
    # An admin whom Intercom does not know is no missing item.
    if answer.status == NOT_FOUND and answer.code != "admin_not_found":
        return failed(operation, Code.NOT_FOUND, answer)
    return rejected(operation, answer, item_id)
