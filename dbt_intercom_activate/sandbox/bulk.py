"""Jobs of many contacts or companies, which only the API version Preview has.

https://developers.intercom.com/docs/references/preview/rest-api/api.intercom.io/contacts/bulkupdatecontacts. A job is a
list of tasks, a task for each request; neither ever tells what became of an item. What the description leaves open is
inferred: a job takes further tasks for 15 minutes, as the jobs of API 1 did, and a company that a contact is to belong
to is made where there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_intercom_activate.sandbox import companies, contact_lifecycle, contacts, errors
from dbt_intercom_activate.sandbox.bulk_jobs import BulkJob, Task
from dbt_intercom_activate.sandbox.exchange import GivenAnswer, ReceivedCall, ok
from dbt_intercom_activate.sandbox.kinds import FLAG, ID, OBJECT, TEXT, list_of_objects
from dbt_intercom_activate.sandbox.records import Applied
from dbt_intercom_activate.sandbox.state import FIRST_ADMIN
from dbt_intercom_activate.sandbox.tags import with_tag, without_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dbt_intercom_activate.sandbox.records import StoredContact
    from dbt_intercom_activate.sandbox.state import SandboxState

PREVIEW = "Preview"
MOST_ITEMS = 100
OPEN_SECONDS = 900
CREATED = contacts.FIELDS.keys() - {"email_verified", "type"}
UPDATED = CREATED - {"role", "signed_up_at", "last_seen_at"}
COMPANIES = list_of_objects(company_id=ID, name=TEXT, remove=FLAG)
TAGS = list_of_objects(id=ID)
URL = "https://api.intercom.io"


def create_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/bulk: makes contacts, and never updates one."""
    return _posted(state, call, "contacts", _create_contact)


def update_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """PUT /contacts/bulk: by Intercom's id."""
    return _posted(state, call, "contacts", _update_contact, by_id=True)


def delete_contacts(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /contacts/bulk/delete: one that is not there fails its item."""
    return _posted(state, call, "contacts", _delete_contact, by_id=True)


def write_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /companies/bulk: as the single endpoint, by company_id."""
    return _posted(state, call, "companies", _write_company)


def update_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """PUT /companies/bulk: by Intercom's id; takes what PUT of a single company does not."""
    return _posted(state, call, "companies", _update_company, by_id=True)


def delete_companies(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """POST /companies/bulk/delete: lets their contacts go."""
    return _posted(state, call, "companies", _delete_company, by_id=True)


def contacts_job(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /contacts/bulk/{id}: how far a job is; no result of any item."""
    _check_version(call)
    return ok(_body(_job(state, call.path["id"], "contacts")))


def companies_job(state: SandboxState, call: ReceivedCall) -> GivenAnswer:
    """GET /companies/bulk/{id}."""
    _check_version(call)
    return ok(_body(_job(state, call.path["id"], "companies")))


def settle(state: SandboxState) -> None:
    """Carry out the tasks whose time has come, in their order."""
    while state.bulk_tasks and state.bulk_tasks[0].due <= state.clock():
        task = state.bulk_tasks.popleft()
        task.completed_at = state.now()
        for item in task.items:
            try:
                _refuse_poisoned(state, item)
                task.carry_out(state, item)
            except errors.IntercomError:
                task.rejected = True


def _refuse_poisoned(state: SandboxState, item: Mapping[str, Any]) -> None:
    names = {str(item[key]) for key in ("id", "external_id", "email", "company_id") if item.get(key)}
    if names & state.bulk_rejects:
        raise errors.parameter_invalid("rejected on purpose")


def _check_version(call: ReceivedCall) -> None:
    if call.version != PREVIEW:
        raise errors.IntercomError(
            400, "intercom_version_invalid", "Requested resource is not available in current API version."
        )


def _posted(
    state: SandboxState,
    call: ReceivedCall,
    plural: str,
    carry_out: Callable[[SandboxState, Mapping[str, Any]], object],
    *,
    by_id: bool = False,
) -> GivenAnswer:
    _check_version(call)
    items = _items(call.body, plural, by_id=by_id)
    job = _job_to_fill(state, call.body.get("job"), plural)
    now = state.now()
    due = state.clock() + state.bulk_seconds
    task = Task(f"task_v2_{state.serial()}", items, carry_out, now, due)
    job.tasks.append(task)
    state.bulk_tasks.append(task)
    return GivenAnswer(202, _body(job))


def _items(body: Mapping[str, Any], plural: str, *, by_id: bool) -> list[Mapping[str, Any]]:
    items, singular = body.get(plural), "contact" if plural == "contacts" else "company"
    if items is None:
        raise errors.IntercomError(422, "field_not_found", f"{plural} field must be supplied")
    if not isinstance(items, list):
        raise errors.IntercomError(422, "type_mismatch", f"{plural} must be an array")
    if len(items) > MOST_ITEMS:
        raise errors.IntercomError(
            422, "parameter_invalid", f"maximum number of {plural} per request is {MOST_ITEMS}"
        )
    if not all(isinstance(item, dict) for item in items):
        raise errors.IntercomError(422, "type_mismatch", f"each {singular} must be an object")
    if by_id and not all(isinstance(item.get("id"), str) and item["id"] for item in items):
        raise errors.IntercomError(422, "field_not_found", f"{plural} must be identified by id")
    return items


def _job_to_fill(state: SandboxState, named: Any, plural: str) -> BulkJob:
    if named is None:
        job = BulkJob(f"job_v2_{state.serial()}", plural, state.now())
        state.bulk_jobs[job.id] = job
        return job
    if not isinstance(named, dict):
        raise errors.parameter_invalid(f"job must be {OBJECT.described}")
    job = _job(state, str(named.get("id")), plural)
    if state.clock() >= job.created_at + OPEN_SECONDS:
        raise errors.IntercomError(403, "forbidden", f"job {job.id} is closed for new task updates")
    return job


def _job(state: SandboxState, job_id: str, plural: str) -> BulkJob:
    job = state.bulk_jobs.get(job_id)
    if job is None or job.plural != plural:
        raise errors.IntercomError(404, "job_not_found", f"job {job_id} not found")
    return job


def _create_contact(state: SandboxState, item: Mapping[str, Any]) -> None:
    _check_links(item)
    answer = contacts.create(state, ReceivedCall(body=_only(item, CREATED), version=PREVIEW))
    _link(state, answer.body["id"], item)


def _update_contact(state: SandboxState, item: Mapping[str, Any]) -> None:
    _check_links(item)
    path = {"contact_id": item["id"]}
    contacts.update(state, ReceivedCall(path=path, body=_only(item, UPDATED), version=PREVIEW))
    _link(state, item["id"], item)


def _delete_contact(state: SandboxState, item: Mapping[str, Any]) -> None:
    contact_lifecycle.delete(state, ReceivedCall(path={"contact_id": item["id"]}, version=PREVIEW))


def _write_company(state: SandboxState, item: Mapping[str, Any]) -> None:
    companies.create_or_update(state, ReceivedCall(body=item, version=PREVIEW))


def _update_company(state: SandboxState, item: Mapping[str, Any]) -> None:
    body = _only(item, companies.WRITABLE.keys() - {"company_id"})
    companies.update_in_bulk(state, ReceivedCall(path={"company_id": item["id"]}, body=body, version=PREVIEW))


def _delete_company(state: SandboxState, item: Mapping[str, Any]) -> None:
    companies.delete(state, ReceivedCall(path={"company_id": item["id"]}, version=PREVIEW))


def _only(item: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """What the description lists: "Any other fields in a contact object are ignored"."""
    return {key: value for key, value in item.items() if key in known}


def _check_links(item: Mapping[str, Any]) -> None:
    """Refuse an item as a whole: nothing of it is done where its lists are none."""
    tags = item.get("tags")
    if not COMPANIES.fits(item.get("companies")) or not OBJECT.fits(tags):
        raise errors.parameter_invalid("companies or tags are of the wrong type")
    if not all(TAGS.fits((tags or {}).get(key)) for key in ("add", "remove")):
        raise errors.parameter_invalid(f"tags must be {TAGS.described}")


def _link(state: SandboxState, contact_id: str, item: Mapping[str, Any]) -> None:
    """Companies and tags; "unknown tag IDs are skipped"."""
    contact = state.contacts.get(contact_id)
    if contact is None:
        raise errors.contact_not_found()
    linked = _with_companies(state, contact, item.get("companies") or ())
    for key, tagged in (("add", True), ("remove", False)):
        for each in (item.get("tags") or {}).get(key) or ():
            tag = state.tags.get(str(each.get("id")))
            if tag is not None:
                applied = Applied(state.now(), FIRST_ADMIN)
                linked = with_tag(linked, tag, applied) if tagged else without_tag(linked, tag)
    if linked is not contact:
        state.put_contact(linked)


def _with_companies(
    state: SandboxState, contact: StoredContact, listed: Sequence[Mapping[str, Any]]
) -> StoredContact:
    attached = dict.fromkeys(contact.companies)
    for each in listed:
        company = state.company_by_key(str(each.get("company_id")))
        if each.get("remove") is True:
            if company is not None:
                attached.pop(company.id, None)
            continue
        if company is None:
            body = {key: each[key] for key in ("company_id", "name") if key in each}
            answer = companies.create_or_update(state, ReceivedCall(body=body, version=PREVIEW))
            attached[answer.body["id"]] = None
        else:
            attached[company.id] = None
    after = tuple(attached)
    return contact if after == contact.companies else replace(contact, companies=after)


def _body(job: BulkJob) -> dict[str, Any]:
    ends = [task.completed_at for task in job.tasks if task.completed_at is not None]
    completed_at = max(ends) if len(ends) == len(job.tasks) else None
    rejected = any(task.rejected for task in job.tasks)
    done = "completed_with_errors" if rejected else "completed"
    return {
        "id": job.id,
        "type": f"{job.plural}.bulk.job",
        "state": "running" if completed_at is None else done,
        "created_at": job.created_at,
        "updated_at": max([job.created_at, *(task.created_at for task in job.tasks), *ends]),
        "completed_at": completed_at,
        "tasks": [_task_body(task) for task in job.tasks],
        "url": f"{URL}/{job.plural}/bulk/{job.id}",
    }


def _task_body(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "item_count": len(task.items),
        "state": task.state,
        "created_at": task.created_at,
        "started_at": task.completed_at,
        "completed_at": task.completed_at,
    }
