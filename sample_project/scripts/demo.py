"""The main job, end to end: dbt builds Mossbank, its models land in an Intercom, and a change costs one call.

Run it against the local Intercom that comes with the package:

    dbt-intercom-activate sandbox --run "python sample_project/scripts/demo.py"

Every command is shown before it runs.
At the end, what the models, the ledger and Intercom hold is compared record by record and field by field.
The exit code is 1 where they differ, or where a sync made other calls than it should.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import requests

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "target" / "demo"
WAREHOUSE = FOLDER / "mossbank.duckdb"
KEYS = {"contact": "external_id", "company": "company_id"}
PLURALS = {"contact": "contacts", "company": "companies"}


def main() -> int:
    """Tell the story; returns the exit code."""
    intercom = Intercom.from_environment()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    mistakes: list[str] = []

    say("A new Intercom workspace has the attributes that Intercom gives it. Create those that are ours:")
    for attribute in json.loads((PROJECT / "intercom_attributes.json").read_text(encoding="utf-8")):
        intercom.post("attributes", attribute)
        print(f"  {attribute['model']}: {attribute['name']} ({attribute['data_type']})")

    say("Build and test the models with dbt.")
    run("dbt --quiet build")
    print(f"  {in_words(artifact('run_results.json'))}, in {WAREHOUSE.relative_to(PROJECT.parent)}")

    say("What would a sync send? This asks the warehouse only.")
    run("dbt-intercom-activate plan")

    say("Sync: every record is new.")
    calls = [sync(intercom)]

    say("Sync again: nothing changed, so nothing is sent.")
    calls.append(sync(intercom))

    say("In the source data, one customer asks for no more marketing emails.")
    customer = change_one_customer()
    run("dbt --quiet run")
    calls.append(sync(intercom))
    print(f"\nGET /contacts/find_by_external_id/{customer}")
    print(f"  unsubscribed_from_emails: {json.dumps(intercom.contact(customer)['unsubscribed_from_emails'])}")

    say("Compare what the models, the ledger and Intercom hold.")
    state = intercom.get("state")
    results = artifact("intercom_activate_results.json")["results"]
    table("records", "model", "ledger", "Intercom", "all equal")
    total = 0
    for result in results:
        in_model, *others = compare(result, state)
        table(result["activation"], in_model, *others)
        total += in_model
        if set(others) != {in_model}:
            mistakes.append(f"{result['activation']}: model, ledger and Intercom differ")

    print()
    table("calls", "read", "write", "sync told")
    for name, writes_due, (reads, writes, told) in zip(
        ("first sync", "second sync", "one row changed"), (total, 0, 1), calls
    ):
        table(name, reads, writes, told)
        if writes != writes_due:
            mistakes.append(f"{name}: {writes:,} calls that write, expected {writes_due:,}")
        if reads and writes_due < total:
            mistakes.append(f"{name}: {reads:,} calls that read, expected none")
        if told != reads + writes:
            mistakes.append(f"{name}: sync told of {told:,} calls, Intercom had {reads + writes:,}")

    print()
    for mistake in mistakes:
        print(f"MISMATCH {mistake}")
    print("The demo failed." if mistakes else "All agree.")
    return 1 if mistakes else 0


class Intercom:
    """The local Intercom, seen from behind: what it holds, and which calls it had."""

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def from_environment(cls) -> Intercom:
        """The one that `sandbox --run` started; never a real one."""
        url = os.environ.get("INTERCOM_BASE_URL", "")
        if urlsplit(url).hostname != "127.0.0.1":
            sys.exit(__doc__)
        return cls(url)

    def get(self, path: str) -> Any:
        """What stands below /_sandbox/."""
        answer = requests.get(f"{self._url}/_sandbox/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> None:
        """Change what stands below /_sandbox/."""
        requests.post(f"{self._url}/_sandbox/{path}", json=body, timeout=30).raise_for_status()

    def contact(self, external_id: str) -> Any:
        """A contact, as any client of Intercom's API gets it."""
        token = os.environ["INTERCOM_ACCESS_TOKEN"]
        answer = requests.get(
            f"{self._url}/contacts/find_by_external_id/{external_id}",
            headers={"Authorization": f"Bearer {token}", "Intercom-Version": "2.16"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def calls(self) -> tuple[int, int]:
        """How many calls read, and how many wrote; what every run asks at its start does not count."""
        log = self.get("calls")
        start = sum(log["calls"].get(each, 0) for each in ("GET /me", "GET /data_attributes"))
        return log["total"] - start - log["writes"], log["writes"]


def sync(intercom: Intercom) -> tuple[int, int, int]:
    """Sync; returns how many calls read and wrote, and how many there were by sync's own account."""
    before = intercom.calls()
    run("dbt-intercom-activate sync")
    after = intercom.calls()
    told = sum(each["api_calls"] for each in artifact("intercom_activate_results.json")["results"])
    return after[0] - before[0], after[1] - before[1], told


def change_one_customer() -> str:
    """Change one row of the source data in the warehouse; returns the customer's id."""
    with duckdb.connect(str(WAREHOUSE)) as connection:
        [(customer,)] = connection.execute(
            "select min(customer_id) from dev.intercom_contacts where not is_unsubscribed_from_emails"
        ).fetchall()
        statement = f"update raw.raw_customers set marketing_opt_out = true where customer_id = '{customer}'"
        print(f"\nduckdb> {statement}")
        connection.execute(statement)
    return str(customer)


def compare(result: dict[str, Any], state: dict[str, Any]) -> tuple[int, int, int, int]:
    """Count an activation's records in model, ledger and Intercom, and those that are equal in all three."""
    node = artifact("manifest.json")["nodes"][result["unique_id"]]
    key = KEYS[result["object"]]
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        relation = connection.execute(f"select * from {node['relation_name']}")
        names = [column[0] for column in relation.description]
        rows = [dict(zip(names, row)) for row in relation.fetchall()]
        ledger = dict(
            connection.execute(
                "select identifier_value, intercom_id from intercom_activate.synced where activation = ?",
                [result["activation"]],
            ).fetchall()
        )
    held = {each[key]: each for each in state[PLURALS[result["object"]]]}
    fields = mapping(node)
    constants = node["config"]["meta"]["intercom"].get("constants", {})
    equal = 0
    for row in rows:
        record = held.get(row[fields[key]])
        if record is None or ledger.get(record[key]) != record["id"]:
            continue
        due = {field: as_sent(row[column]) for field, column in fields.items()} | constants
        equal += all(in_intercom(record, field) == value for field, value in due.items())
    return len(rows), len(ledger), len(held), equal


def mapping(node: dict[str, Any]) -> dict[str, str]:
    """Intercom field: column, from the model's meta and its columns'."""
    fields = dict(node["config"]["meta"]["intercom"]["fields"])
    for column in node["columns"].values():
        if "intercom" in column["config"]["meta"]:
            fields[column["config"]["meta"]["intercom"]] = column["name"]
    return fields


def in_intercom(record: dict[str, Any], field: str) -> Any:
    """A field's value as Intercom holds it; it holds no nulls."""
    _, is_custom, name = field.partition("custom_attributes.")
    if is_custom:
        return record["custom_attributes"].get(name)
    return record[field] if field in record else record["fields"].get(field)


def as_sent(value: Any) -> Any:
    """A column's value as Intercom's API spells it: unix seconds, numbers, text."""
    if isinstance(value, datetime):
        return int(value.replace(tzinfo=timezone.utc).timestamp())
    if isinstance(value, date):
        return as_sent(datetime.combine(value, time()))
    return float(value) if isinstance(value, Decimal) else value


def artifact(name: str) -> Any:
    """One of the files that dbt and sync leave behind."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def in_words(run_results: dict[str, Any]) -> str:
    """How dbt's build went: `6 seeds, 17 models and 125 tests passed`."""
    kinds = [each["unique_id"].split(".")[0] for each in run_results["results"]]
    tests = kinds.count("test") + kinds.count("unit_test")
    return f"{kinds.count('seed')} seeds, {kinds.count('model')} models and {tests} tests passed"


def say(sentence: str) -> None:
    """Tell what comes next."""
    print(f"\n# {sentence}", flush=True)


def table(name: str, *cells: int | str) -> None:
    """Print a row of a table."""
    texts = (cell if isinstance(cell, str) else f"{cell:,}" for cell in cells)
    print(f"  {name:<18}" + "".join(f"{text:>11}" for text in texts))


def run(command: str) -> None:
    """Show a command and run it in the project's folder; a failure ends the demo."""
    print(f"\n$ {command}", flush=True)
    program, *arguments = command.split()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # The user's own dbt settings would lead elsewhere.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {
        "DBT_LOG_PATH": str(FOLDER),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(FOLDER),
        "PATH": path,
        "SAMPLE_DUCKDB_PATH": str(WAREHOUSE),
    }
    found = shutil.which(program, path=path) or program
    code = subprocess.run([found, *arguments], cwd=PROJECT, env=environment, check=False).returncode
    if code:
        sys.exit(f"\nThe demo failed: `{command}` ended with exit code {code}")


if __name__ == "__main__":
    sys.exit(main())
