"""The local disk or the warehouse goes away in the middle: the run says so, knows what it did, and the next goes on."""

from __future__ import annotations

import threading

import pytest

from dbt_intercom_activate.errors import Message, WarehouseFailed
from dbt_intercom_activate.ledger.journal import Journal
from dbt_intercom_activate.ledger.outcomes import Outcomes
from dbt_intercom_activate.ledger.stages import Stages
from dbt_intercom_activate.sandbox.faults import Fault
from dbt_intercom_activate.sync import run as sync
from dbt_intercom_activate.sync.outbox import Outbox

pytestmark = pytest.mark.slow

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
    "removed": "archive",
}
LEADS = {
    "name": "people",
    "object": "contact",
    "behaviour": "insert",
    "key": ["id"],
    "fields": {"name": "id"},
    "constants": {"role": "lead"},
}
ROWS = 60


@pytest.fixture
def sixty_contacts(shop):
    shop.configure(customers=PEOPLE, accounts=None)
    shop.put("customers", "id text", [(f"u{number:02}",) for number in range(ROWS)])
    return shop


def _nothing(*_, **__):
    """Stands for what a killed run does not get to."""


def journals(shop):
    return list((shop.folder / "target" / "intercom_activate").glob("journal-*.jsonl"))


def stages(shop):
    return shop.sql("select table_name from information_schema.tables where table_name like 'stage_%'")


def names(shop):
    """Whom Intercom has, leads by their name."""
    return sorted(
        each.external_id if each.role == "user" else each.fields["name"] for each in shop.state.contacts
    )


def assert_next_run_completes(shop):
    """The next run finishes, and everybody is there once."""
    shop.sandbox.faults.clear()
    ran = shop.sync()
    assert ran.code == 0, ran.text
    assert names(shop) == [f"u{number:02}" for number in range(ROWS)]
    assert set(shop.codes("people").values()) == {None}
    assert journals(shop) == []
    assert stages(shop) == []
    shop.calls()
    assert shop.sync().counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert shop.calls() == {}


class FullDisk:
    """A file that takes so many bytes, and a part of the write that is one too many."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, line):
        if not self.room:
            raise OSError(28, "No space left on device")
        part = line[: self.room]
        self.room -= len(part)
        return self.file.write(part)

    def fileno(self):
        return self.file.fileno()

    def close(self):
        self.file.close()


@pytest.fixture
def full_disk(monkeypatch):
    """Let the disk of the journal be full after so many bytes."""

    def fill(room):
        append = Journal._append

        def appended(self, line):
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = FullDisk(self._path.open("ab", buffering=0), room)
            append(self, line)

        monkeypatch.setattr(Journal, "_append", appended)

    return fill


@pytest.mark.parametrize("block", [PEOPLE, LEADS], ids=["contacts", "leads"])
@pytest.mark.parametrize("room", [0, 700, 3_000, 9_000])
def test_a_full_disk_under_the_journal_loses_nothing(sixty_contacts, full_disk, monkeypatch, block, room):
    sixty_contacts.configure(customers=block)
    full_disk(room)
    ran = sixty_contacts.sync()

    assert ran.code == 1, ran.text
    assert "Traceback" not in ran.text
    assert ran["people"]["status"] == "deferred"
    assert "No space left on device" in ran["people"]["message"]
    counts, delivered = ran["people"]["counts"], len(sixty_contacts.state.contacts)
    assert counts["inserted"] == delivered < ROWS
    assert counts["inserted"] + counts["pending"] == ROWS
    told = [key for key, code in sixty_contacts.codes("people").items() if code is None]
    assert sorted(told) == names(sixty_contacts)
    assert "maybe_delivered" not in sixty_contacts.codes("people").values()
    monkeypatch.undo()
    assert_next_run_completes(sixty_contacts)


def test_a_results_file_that_cannot_be_written_is_said_so(sixty_contacts):
    (sixty_contacts.folder / "target" / "intercom_activate_results.json").unlink(missing_ok=True)

    def refuse(project, result):
        del project, result
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "_write_artifact", refuse)
        ran = sixty_contacts.sync()
    assert ran.code == 1
    assert "intercom_activate_results.json could not be written: No space left on device" in ran.text
    assert_next_run_completes(sixty_contacts)


def test_a_journal_is_read_up_to_a_cut_line(sixty_contacts, full_disk, monkeypatch):
    fill = full_disk
    fill(5_000)
    monkeypatch.setattr(Outbox, "_flush", _nothing)  # as if it had been killed before
    sixty_contacts.sync()
    monkeypatch.undo()
    (journal,) = journals(sixty_contacts)
    assert not journal.read_text().endswith("\n")
    delivered = len(sixty_contacts.state.contacts)
    ran = sixty_contacts.sync()
    assert "was ended from outside" in ran.out
    assert ran["people"]["counts"]["unchanged"] >= delivered - 9  # the calls that were in flight
    assert_next_run_completes(sixty_contacts)


def lock_the_ledger(shop, condition="1 = 0"):
    """Make the ledger refuse rows."""
    ((made,),) = shop.sql("select sql from duckdb_tables() where table_name = 'ledger'")
    shop.sql("alter table intercom_activate.ledger rename to kept")
    shop.sql(made.rstrip(";")[:-1] + f", check ({condition}))")
    shop.sql("insert into intercom_activate.ledger select * from intercom_activate.kept")


def free_the_ledger(shop):
    shop.sql("create table intercom_activate.saved as select * from intercom_activate.ledger")
    shop.sql("drop table intercom_activate.ledger")
    shop.sql("drop table intercom_activate.kept")
    shop.sql("alter table intercom_activate.saved rename to ledger")


def made(shop):
    """A ledger without rows."""
    shop.sql("create table somebody as select * from customers")
    shop.sql("delete from customers")
    assert shop.sync().code == 0
    shop.sql("insert into customers select * from somebody")


@pytest.mark.parametrize("block", [PEOPLE, LEADS], ids=["contacts", "leads"])
@pytest.mark.parametrize("batch", [10, 1_000])
def test_the_next_run_completes_what_the_ledger_refused(sixty_contacts, monkeypatch, block, batch):
    sixty_contacts.configure(customers=block)
    made(sixty_contacts)
    monkeypatch.setattr(Outbox, "batch_rows", batch)
    lock_the_ledger(sixty_contacts, "code is not null")  # announcements may pass
    ran = sixty_contacts.sync()

    assert ran.code == 1
    assert ran["people"]["status"] == "error"
    assert "the warehouse refused" in ran["people"]["message"]
    assert "Traceback" not in ran.text
    assert "u0" not in ran.text
    assert len(journals(sixty_contacts)) == 1
    free_the_ledger(sixty_contacts)
    delivered = len(sixty_contacts.state.contacts)
    ran = sixty_contacts.sync()
    assert "was ended from outside" in ran.out
    assert ran.counts("people") == {"rows": ROWS, "unchanged": delivered, "inserted": ROWS - delivered} or (
        delivered == ROWS
    )
    assert_next_run_completes(sixty_contacts)


@pytest.mark.parametrize("block", [PEOPLE, LEADS], ids=["contacts", "leads"])
def test_a_statement_that_fails_once_loses_no_call_in_flight(sixty_contacts, monkeypatch, block):
    sixty_contacts.configure(customers=block)
    monkeypatch.setattr(Outbox, "batch_rows", 5)
    append, failed = Outcomes.append, threading.Event()

    def append_but_once(self, stage, run, outcomes):
        if any(each.outcome.code is None for each in outcomes) and not failed.is_set():
            failed.set()
            raise WarehouseFailed("the warehouse refused: gone for a moment")
        append(self, stage, run, outcomes)

    monkeypatch.setattr(Outcomes, "append", append_but_once)
    sixty_contacts.sandbox.faults.add(Fault("POST", "/contacts", delay_s=0.05, times=1_000))
    ran = sixty_contacts.sync()

    assert ran["people"]["status"] == "error"
    told = [key for key, code in sixty_contacts.codes("people").items() if code is None]
    assert sorted(told) == names(sixty_contacts)
    assert len(told) > 5
    assert_next_run_completes(sixty_contacts)


def test_a_schema_that_is_dropped_between_runs_doubles_nobody(sixty_contacts):
    assert sixty_contacts.sync().code == 0
    sixty_contacts.sql("drop schema intercom_activate cascade")
    ran = sixty_contacts.sync("--new-ledger")
    assert ran.counts("people") == {"rows": ROWS, "updated": ROWS}
    assert_next_run_completes(sixty_contacts)


def test_a_lost_target_path_doubles_nobody(sixty_contacts, monkeypatch):
    monkeypatch.setattr(Outbox, "_flush", _nothing)
    sixty_contacts.sync("--max-time", "0.4")
    monkeypatch.undo()
    for path in journals(sixty_contacts):
        path.unlink()
    ran = sixty_contacts.sync()
    assert ran.code == 0, ran.text
    assert names(sixty_contacts) == [f"u{number:02}" for number in range(ROWS)]
    assert set(sixty_contacts.codes("people").values()) == {None}


def test_leads_whose_journal_is_lost_are_maybe_delivered(sixty_contacts, monkeypatch):
    sixty_contacts.configure(customers=LEADS)
    monkeypatch.setattr(Outbox, "_flush", _nothing)
    monkeypatch.setattr(Outbox, "_take_back_announcements", _nothing)
    sixty_contacts.sync()
    monkeypatch.undo()
    for path in journals(sixty_contacts):
        path.unlink()
    delivered = len(sixty_contacts.state.contacts)
    assert delivered == ROWS
    ran = sixty_contacts.sync()
    assert ran.code == 1
    assert ran.counts("people") == {"rows": ROWS, "failed": ROWS}
    assert ran["people"]["failures"] == {"maybe_delivered": ROWS}
    assert len(sixty_contacts.state.contacts) == ROWS
    assert sixty_contacts.run("retry").counts("people") == {"rows": ROWS, "failed": ROWS}
    assert len(sixty_contacts.state.contacts) == ROWS
    assert sixty_contacts.run("retry", "--maybe-delivered", "--limit", "2").counts("people")["inserted"] == 2
    assert len(sixty_contacts.state.contacts) == ROWS + 2


def test_a_full_disk_under_the_removals_loses_none_of_them(sixty_contacts, full_disk):
    """Those in flight are carried out and counted, in the ledger too; how many that is, is a matter of time."""
    assert sixty_contacts.sync().code == 0
    sixty_contacts.sql("delete from customers where id < 'u08'")
    full_disk(900)
    ran = sixty_contacts.sync()

    counts = ran["people"]["counts"]
    gone = [each for each in sixty_contacts.state.contacts if not each.live]
    assert len(gone) == counts["removed"] == 8 - counts["held"]
    assert (ran.code, ran["people"]["status"]) == ((1, "deferred") if counts["held"] else (0, "success"))
    operations = [row["operation"] for row in sixty_contacts.last("people").values()]
    assert operations.count("archive") == len(gone)


def rows_of_runs(shop):
    """How many rows `runs` has of each run of an activation."""
    return shop.sql("select count(*) from intercom_activate.runs group by run_id, activation")


def test_a_run_that_ended_while_clearing_up_is_told_once(sixty_contacts, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Stages, "drop", _nothing)
        patch.setattr(Journal, "end", _nothing)
        sixty_contacts.sync()
    assert (len(stages(sixty_contacts)), len(journals(sixty_contacts))) == (1, 1)
    ran = sixty_contacts.sync()

    assert "ended from outside" not in ran.out
    assert rows_of_runs(sixty_contacts) == [(1,), (1,)]
    assert (stages(sixty_contacts), journals(sixty_contacts)) == ([], [])


def test_a_stage_that_cannot_be_dropped_speaks_for_itself(shop, monkeypatch):
    drop, refused = Stages.drop, []

    def refuse_once(self, name):
        if not refused:
            refused.append(name)
            raise WarehouseFailed(Message("warehouse-refused", "the warehouse refused: gone for a moment"))
        drop(self, name)

    monkeypatch.setattr(Stages, "drop", refuse_once)
    ran = shop.sync()

    assert (ran.out.count("could not be dropped"), ran.out.count("its row in `runs`")) == (1, 0)
    assert (len(stages(shop)), journals(shop)) == (1, [])
    assert "ended from outside" not in shop.sync().out


def test_rows_that_are_refused_together_are_written_one_by_one(shop, monkeypatch):
    append = Outcomes.append_runs

    def refuse_many(self, rows):
        if len(rows) > 1:
            raise WarehouseFailed(Message("warehouse-refused", "the warehouse refused: gone for a moment"))
        append(self, rows)

    monkeypatch.setattr(Outcomes, "append_runs", refuse_many)
    ran = shop.sync()

    assert "could not be written" not in ran.out
    assert rows_of_runs(shop) == [(1,), (1,)]
    assert (stages(shop), journals(shop)) == ([], [])
