"""What the next run does with the journal of a dead one: complete the ledger, and lose nothing that stands in it."""

from __future__ import annotations

import json

import pytest

from dbt_intercom_activate.sync.outbox import Outbox

PEOPLE = {
    "name": "people",
    "object": "contact",
    "behaviour": "upsert",
    "identifier": "external_id",
    "fields": {"external_id": "id"},
}
ROWS = 6


@pytest.fixture
def killed(shop, monkeypatch):
    """A run that was ended when Intercom had all six contacts, and the ledger none."""
    shop.only(PEOPLE, "id text", [(f"u{number}",) for number in range(ROWS)])
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_flush", lambda *_, **__: None)
        shop.sync()
    assert len(shop.state.contacts) == ROWS
    assert shop.ledger() == []
    shop.calls()
    return shop


def journals(shop):
    return sorted((shop.folder / "target" / "intercom_activate").glob("journal-*"))


def stages(shop):
    return shop.sql("select table_name from information_schema.tables where table_name like 'stage_%'")


def rewrite(path, change):
    """Change the lines of a journal as another version would have written them."""
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    for each in documents:
        each.pop("sum", None)
    path.write_text("".join(f"{json.dumps(each)}\n" for each in change(documents)))


def test_a_whole_journal_completes_the_ledger_and_goes(killed):
    ran = killed.sync()

    assert ran.code == 0
    assert ran.counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert killed.calls() == {}
    assert (journals(killed), stages(killed)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"\x00" * 4_096, b'{"stage":"?","paused":1}', b"\xff" * 9], ids=repr)
def test_a_damaged_journal_is_read_said_and_kept(killed, damage):
    (path,) = journals(killed)
    path.write_bytes(path.read_bytes() + damage + b"\n")
    whole = path.read_bytes()
    ran = killed.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": ROWS, "unchanged": ROWS}
    assert f"1 line of the journal {path} cannot be read by this version" in ran.text
    assert "Traceback" not in ran.text
    (kept,) = journals(killed)
    assert kept.name == f"{path.name}.unreadable"
    assert kept.read_bytes() == whole
    assert stages(killed) == []
    assert "cannot be read" not in killed.sync().text


def test_an_outcome_of_a_newer_version_is_sent_again(killed):
    (path,) = journals(killed)

    def newer(documents):
        outcome = next(each for each in documents if "seq" in each)
        return [{**each, "code": "too_green"} if each is outcome else each for each in documents]

    rewrite(path, newer)
    ran = killed.sync()

    assert ran.code == 0, ran.text
    assert ran.counts("people") == {"rows": ROWS, "unchanged": ROWS - 1, "updated": 1}
    assert len(killed.state.contacts) == ROWS
    assert [each.name for each in journals(killed)] == [f"{path.name}.unreadable"]


def test_a_journal_that_holds_nothing_is_removed(killed):
    (path,) = journals(killed)
    path.write_bytes(b"")
    ran = killed.sync()

    assert ran.code == 0
    assert ran.counts("people") == {"rows": ROWS, "updated": ROWS}
    assert journals(killed) == []


def test_a_journal_that_cannot_be_opened_stays(killed):
    (path,) = journals(killed)
    path.unlink()
    path.mkdir()
    ran = killed.sync()

    assert ran.code == 0, ran.text
    assert f"the journal {path} cannot be read: Is a directory" in ran.text
    assert journals(killed) == [path]


ELSEWHERE = {
    "another target": {"target": "prod"},
    "another ledger": {"relation": '"shop"."elsewhere"."stage_1"'},
    "another target, unreadable": {"target": "prod", "counts": None},
}


@pytest.mark.slow
@pytest.mark.parametrize("changes", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_journal_of_another_target_is_left_alone(killed, changes):
    (path,) = journals(killed)
    rewrite(path, lambda documents: [{**each, **changes} if "begin" in each else each for each in documents])
    before, staged = path.read_bytes(), stages(killed)
    ran = killed.sync()

    assert ran.code == 0, ran.text
    assert "journal" not in ran.text
    assert ran.counts("people") == {"rows": ROWS, "updated": ROWS}, "it was not read for ours"
    assert journals(killed) == [path]
    assert path.read_bytes() == before
    assert stages(killed) == staged
