"""`plan --out` and `apply`: what is sent is what was planned, or nothing."""

from __future__ import annotations

import json
import stat
from unittest import mock

import pytest

from dbt_intercom_activate.intercom.client import IntercomClient
from dbt_intercom_activate.ledger import warehouse_lock
from dbt_intercom_activate.ledger.stages import Stages
from dbt_intercom_activate.sandbox.faults import Fault

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id", "name": "name"},
    "removed": "archive",
}
COLUMNS = "id text, name text"


def stages(shop):
    tables = shop.sql(
        "select table_name from information_schema.tables where table_name like 'stage%' order by 1"
    )
    return [name for (name,) in tables]


def refused(shop, *options):
    """The reasons why the plan is not applied; nothing may have been written anywhere."""
    before = shop.sql("select count(*) from intercom_activate.ledger"), len(shop.runs()), stages(shop)
    shop.calls()
    ran = shop.run("apply", "plan.json", *options)
    assert (ran.code, shop.calls()) == (2, {}), ran.text
    after = shop.sql("select count(*) from intercom_activate.ledger"), len(shop.runs()), stages(shop)
    assert after == before
    return ran.err


def names(shop):
    return {key: contact.fields["name"] for key, contact in shop.contacts().items()}


@pytest.fixture
def planned(shop):
    """Two people, planned and not sent."""
    shop.only(PEOPLE, COLUMNS, [["u1", "Ada"], ["u2", "Bob"]])
    assert shop.run("plan", "--out", "plan.json").code == 0
    return shop


def test_a_plan_is_applied_as_it_was_kept(planned):
    planned.put("customers", COLUMNS, [["u1", "Eve"], ["u3", "Cid"]])
    assert "people: 3 records of the model changed since" in refused(planned)

    ran = planned.run("apply", "plan.json", "--stale-data")
    assert ran.counts("people") == {"rows": 2, "inserted": 2}
    assert (ran.code, names(planned), stages(planned)) == (0, {"u1": "Ada", "u2": "Bob"}, [])
    run_id = ran.artifact["metadata"]["run_id"]
    assert f"it was applied already, by run {run_id}" in refused(planned)


def test_a_plan_is_refused_for_every_reason_at_once(planned):
    path = planned.folder / "plan.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [word for word in ("u1", "Ada", "Bob") if word in path.read_text()]

    planned.configure(customers={**PEOPLE, "fields": {"external_id": "id"}, "max_removed": 1})
    planned.sql(
        "insert into intercom_activate.ledger (run_id, project, workspace, activation, generation, place) "
        "values ('r9', 'shop', 'sandbox1', 'people', 99, 1)"
    )
    told = refused(planned, "--max-age", "0m")
    for reason in (
        "`--max-age` allows 0 hours",
        "people: its mapping, or the type of a column, is not what it was",
        "people: its other settings, or those of its workspace in intercom.yml, are not what they were",
        "people: the ledger has other rows since, the newest by run r9",
        "Plan again: `dbt-intercom-activate plan --out plan.json`",
    ):
        assert reason in told


def test_a_plan_is_applied_whole_or_not_at_all(shop):
    """What dbt did since leaves one model out, or fails: the rest is not sent by itself."""
    shop.configure(
        customers=PEOPLE,
        accounts={
            "name": "firms",
            "object": "company",
            "behaviour": "upsert",
            "identifier": "company_id",
            "fields": {"company_id": "account_id"},
        },
    )
    shop.put("customers", COLUMNS, [["u1", "Ada"]])
    assert shop.run("plan", "--out", "plan.json").code == 0
    path = shop.folder / "target" / "run_results.json"
    results = json.loads(path.read_text())

    def built(**statuses):
        told = [
            {**each, "status": statuses.get(each["unique_id"], each["status"])} for each in results["results"]
        ]
        path.write_text(json.dumps({**results, "results": [each for each in told if each["status"]]}))

    built(**{"model.shop.accounts": None})
    told = refused(shop)
    assert "firms cannot run: `dbt build` did not build" in told
    assert "apply it again" in told
    built(**{"model.shop.accounts": None, "model.shop.customers": "error"})
    told = refused(shop)
    assert "people cannot run: " in told
    assert "firms cannot run: " in told
    built()
    assert shop.run("apply", "plan.json").code == 0


@pytest.mark.slow
def test_a_plan_is_of_one_project_target_and_workspace(planned):
    path = planned.folder / "plan.json"
    file = json.loads(path.read_text())
    from dbt_intercom_activate.sync.plan_file import sum_of

    def edit(**changes):
        path.write_text(json.dumps({**(told := {**file, **changes}), "sum": sum_of(told)}))

    edit(project="other", target="prod")
    told = refused(planned)
    assert "it is of project other, and this is project shop" in told
    assert "it is of target prod, and this is target dev" in told

    edit(activations=[{**file["activations"][0], "workspace": "elsewhere"}])
    assert "people: it is for workspace test (elsewhere), and test is sandbox1" in refused(planned)

    edit(activations=[{**file["activations"][0], "activation": "folks"}])
    assert "activation folks is not in the project any more" in refused(planned)

    edit(plan="41d5bd25-1ff6-48ba-96ff-303e70bbb252")
    assert "this warehouse knows no such plan" in refused(planned)

    path.write_text(json.dumps(file))
    planned.sql("drop table " + f"intercom_activate.{stages(planned)[0]}")
    assert "people: what was kept of it is gone" in refused(planned)


@pytest.mark.slow
def test_a_sync_in_between_makes_a_plan_old(planned):
    planned.sync()
    assert "people: the ledger has other rows since, the newest by run" in refused(planned)


@pytest.fixture
def while_counting(monkeypatch):
    """What another run writes while a plan counts what it has staged."""

    def write(*statements):
        count = Stages.count

        def counting(stages, *arguments):
            for each in statements:
                stages._warehouse.execute(each)
            return count(stages, *arguments)

        monkeypatch.setattr(Stages, "count", counting)

    return write


def test_what_the_ledger_learns_after_the_stage_refuses_it(planned, while_counting):
    while_counting(
        "insert into intercom_activate.ledger (run_id, project, workspace, activation, generation, place) "
        "values ('r9', 'shop', 'sandbox1', 'people', 99, 1)"
    )
    assert planned.run("plan", "--out", "plan.json").code == 0
    assert "people: the ledger has other rows since, the newest by run r9" in refused(planned)


def test_a_plan_that_lost_its_lock_leaves_no_file(planned, while_counting, monkeypatch):
    monkeypatch.setattr(warehouse_lock, "HEARTBEAT_SECONDS", 0.0)
    while_counting(
        "update intercom_activate.locks set seen_at = seen_at - interval 11 minute",
        "insert into intercom_activate.locks (run_id, project, host, pid, lock_state, seen_at) "
        "values ('run-9', 'shop', 'another-machine', 4711, 'claim', now() at time zone 'utc')",
    )
    before = stages(planned)
    ran = planned.run("plan", "--out", "other.json")
    assert (ran.code, (planned.folder / "other.json").exists(), stages(planned)) == (2, False, before)
    assert "run run-9 on host another-machine" in ran.err
    assert "no plan was kept" in ran.err


@pytest.mark.slow
def test_removals_are_applied_as_they_were_planned(shop):
    people = [[f"u{number}", "A"] for number in range(30)]
    shop.only({**PEOPLE, "max_removed": 0}, COLUMNS, people)
    shop.sync()
    shop.put("customers", COLUMNS, people[3:])
    assert "removed" in shop.run("plan", "--out", "plan.json").out
    ran = shop.run("apply", "plan.json")
    assert ran.counts("people") == {"rows": 27, "unchanged": 27, "removed": 3}
    assert len(shop.contacts()) == 27


@pytest.mark.slow
def test_what_a_plan_holds_is_held_when_it_is_applied(shop):
    people = [[f"u{number}", "A"] for number in range(30)]
    shop.only(PEOPLE, COLUMNS, people)
    shop.sync()
    # With as many new ones the sync would find so many delivered that it lets them go.
    shop.put("customers", COLUMNS, people[11:] + [[f"n{number}", "A"] for number in range(99)])
    shop.run("plan", "--out", "plan.json")
    ran = shop.run("apply", "plan.json")
    assert ran.counts("people") == {"rows": 118, "unchanged": 19, "inserted": 99, "held": 11}
    assert "11 removals held: more than the 10 that `max_removed` allows" in ran["people"]["message"]
    assert ran.code == 1


@pytest.mark.slow
def test_planned_removals_that_were_held_are_done_by_another_apply(shop):
    people = [[f"u{number}", "A"] for number in range(30)]
    shop.only(PEOPLE, COLUMNS, people)
    shop.sync()
    shop.put("customers", COLUMNS, [*people[3:], ["new", "A"]])
    shop.run("plan", "--out", "plan.json")
    shop.sandbox.faults.add(Fault("POST", "/contacts", status=503, whole_path=True, times=5))
    with mock.patch.object(IntercomClient, "_pause"):
        ran = shop.run("apply", "plan.json")
    assert ran.counts("people") == {"rows": 28, "unchanged": 27, "failed": 1, "held": 3}
    shop.sandbox.faults.clear()

    ran = shop.run("apply", "plan.json")
    assert ran.counts("people") == {"rows": 28, "unchanged": 27, "inserted": 1, "removed": 3}, ran.text
    assert (len(shop.contacts()), stages(shop)) == (28, [])
    assert "it was applied already" in refused(shop)


def test_what_is_equal_in_intercom_is_not_written(shop):
    """Of those that are new and of those that changed; what teammates wrote by hand is what the models say."""
    shop.only(PEOPLE, COLUMNS, [[f"u{number}", "A"] for number in range(20)])
    shop.sync()
    shop.put("customers", COLUMNS, [[f"u{number}", "B"] for number in range(120)])
    for number in range(120):
        name = "C" if number % 20 == 10 else "B"
        if number < 20:
            shop.change_contact(shop.contacts()[f"u{number}"].id, fields={"name": name})
        else:
            shop.add_contact(external_id=f"u{number}", name=name)
    shop.calls()

    planned = shop.plan("--records", "--against-intercom", "--out", "plan.json", "--detailed-exitcode")
    counts = {name: count for name, count in planned["people"]["counts"].items() if count}
    assert counts == {"rows": 120, "added": 5, "changed": 1, "unchanged": 114}
    assert planned["people"]["forecast"]["endpoints"]["PUT /contacts/{contact_id}"]["most"] == 6
    shop.calls()

    ran = shop.run("apply", "plan.json")
    assert ran.counts("people") == {"rows": 120, "updated": 6, "unchanged": 114}, ran.text
    assert shop.calls() == {"POST /contacts/search": 1, "PUT /contacts/{contact_id}": 6}
    assert {each.fields["name"] for each in shop.state.contacts} == {"B"}
    assert None not in {row["intercom_id"] for row in shop.last("people").values()}
    assert stages(shop) == []
    assert shop.plan("--detailed-exitcode").code == 0


@pytest.mark.slow
def test_an_apply_that_was_stopped_is_completed(planned):
    rows = [[f"u{number}", "A"] for number in range(40)]
    planned.put("customers", COLUMNS, rows)
    planned.run("plan", "--out", "plan.json")
    planned.sandbox.faults.add(Fault("POST", "/contacts", status=401, whole_path=True, skip=20, times=99))
    ran = planned.run("apply", "plan.json")
    assert ran.statuses() == {"people": "deferred"}
    sent = len(planned.contacts())
    assert 0 < sent < 40
    planned.sandbox.faults.clear()
    planned.put("customers", COLUMNS, [*rows, ["late", "A"]])
    ran = planned.run("apply", "plan.json", "--stale-data")
    assert ran.counts("people") == {"rows": 40, "unchanged": sent, "inserted": 40 - sent}
    assert len(planned.contacts()) == 40
    assert stages(planned) == [name for name in stages(planned) if name.startswith("stage_plan")]


KILLED = """
import os
from dbt_intercom_activate.cli import main
from dbt_intercom_activate.sync.outbox import Outbox
keep, kept = Outbox.keep, []
def dying(self, delivered):
    keep(self, delivered)
    kept.append(delivered)
    if len(kept) == 15:
        os.kill(os.getpid(), 9)
Outbox.keep = dying
main(["apply", "plan.json"])
"""


@pytest.mark.slow
def test_a_killed_apply_is_completed_by_another(planned):
    rows = [[f"u{number}", "A"] for number in range(40)]
    planned.put("customers", COLUMNS, rows)
    planned.run("plan", "--out", "plan.json")
    process = planned.start(code=KILLED)
    process.communicate(timeout=200)
    assert process.returncode == -9
    sent = len(planned.contacts())
    assert 15 <= sent < 40

    ran = planned.run("apply", "plan.json")
    assert ran.code == 0, ran.text
    assert "15 outcomes were taken from its journal into the ledger" in ran.text
    assert (len(planned.state.contacts), set(planned.codes("people").values())) == (40, {None})
    assert "it was applied already" in refused(planned)


@pytest.mark.slow
def test_a_killed_sync_ages_a_plan_before_the_ledger_knows(planned):
    process = planned.start(code=KILLED.replace('"apply", "plan.json"', '"sync"').replace("15", "1"))
    process.communicate(timeout=200)
    told = refused(planned)
    assert "was ended from outside, and the ledger lacks what it sent" in told


@pytest.mark.slow
def test_what_plans_kept_is_dropped(planned):
    assert planned.run("plan", "--forget").out.count("Dropped what 1 plan kept") == 1
    assert stages(planned) == []
    assert "what it kept was dropped at" in refused(planned)

    planned.run("plan", "--out", "plan.json")
    planned.sql("update intercom_activate.plans set noted_at = noted_at - interval 8 day")
    assert "Dropped what 1 plan kept" in planned.sync().out
    assert stages(planned) == []
