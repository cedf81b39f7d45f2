"""Records of Singer taps become writes: what they ask for, what is refused, what comes twice, what a run leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import by_table
from quickbooks_core.mapping import bare_id
from quickbooks_demo.child import program
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.pipeline import Pipeline, new_project
from quickbooks_demo.testing import Outcome
from quickbooks_demo.waiting import wait_for

TAP = Path(__file__).with_name("tap_csv.py")
Record = Mapping[str, Any]


def messages(stream: str, records: Iterable[Record], *keys: str, state: object = None) -> str:
    """A tap's output."""
    lines: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": list(keys)},
        *({"type": "RECORD", "stream": stream, "record": record} for record in records),
    ]
    if state is not None:
        lines.append({"type": "STATE", "value": state})
    return "".join(json.dumps(line) + "\n" for line in lines)


def target(books: Any, content: str, **settings: Any) -> Outcome:
    """The target, from its input to its end."""
    config = books.home / "config.json"
    config.write_text(json.dumps({"failures_dir": str(books.home), **settings}))
    ended = subprocess.run(
        [program("target-quickbooks"), "--config", str(config)],
        input=content, env={**clean_environment(), **books.environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def failures(books: Any) -> Path:
    (path,) = books.home.glob("failures-*.jsonl")
    return Path(path)


def new_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    listed = [*rows]
    path.write_text(
        "\n".join([",".join(listed[0]), *(",".join(map(str, r.values())) for r in listed)]) + "\n"
    )
    return path


def test_without_an_id_a_record_creates_with_one_it_updates_and_marked_it_deletes(books: Any) -> None:
    books.mirror("customer", "time_activity")
    ((customer, old),) = books.query("SELECT id, display_name FROM customer ORDER BY id LIMIT 1")
    ((activity,),) = books.query("SELECT id FROM time_activity ORDER BY id LIMIT 1")
    changed = {"id": customer, "notes": "by a tap", "display_name": old}
    content = messages("customer", [{"display_name": "A new one"}, changed]) + messages(
        "public-time_activity", [{"id": activity, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}], state={"at": 7}
    )

    outcome = target(books, content)

    assert outcome.code == 0, outcome.err
    assert outcome.out == '{"at": 7}\n'
    names = {d["DisplayName"]: d.get("Notes") for d in books.documents("customer")}
    assert "A new one" in names
    assert names[old] == "by a tap"
    assert bare_id(by_table("time_activity"), activity) not in {
        d["Id"] for d in books.documents("time_activity")
    }
    assert books.query("SELECT count(*) FROM time_activity WHERE id = %s", activity) == [(0,)]
    assert books.query("SELECT changed FROM _sync_queue WHERE operation = 'update'") == [
        ({"notes": "by a tap"},)
    ]


def test_text_of_a_file_becomes_what_the_columns_take(books: Any) -> None:
    books.mirror("customer", "item", "invoice")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    ((item,),) = books.query("SELECT id FROM item WHERE type = 'Service' ORDER BY id LIMIT 1")
    line = [
        {
            "Amount": 12.5,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}},
        }
    ]
    record = {
        "number": "C-1", "customer_id": customer, "txn_date": "2026-02-03", "line": json.dumps(line), "due_date": "",
    }  # fmt: skip

    outcome = target(books, messages("invoice", [record], "number"))

    assert outcome.code == 0, outcome.err
    ((total, date),) = books.query(
        "SELECT total_amt, txn_date::text FROM invoice ORDER BY created_at DESC LIMIT 1"
    )
    assert (str(total), date) == ("12.50", "2026-02-03")
    assert "1 empty strings left their columns as they are" in outcome.err


def test_a_record_that_changes_nothing_sends_nothing(books: Any) -> None:
    books.mirror("customer")
    ((row,),) = books.query("SELECT to_jsonb(customer) - '_sync_read_at' FROM customer ORDER BY id LIMIT 1")
    before = books.writes()

    outcome = target(books, messages("customer", [row]))

    assert (outcome.code, books.writes() - before) == (0, 0), outcome.err
    assert "customer: 1 as it was" in outcome.err


def test_an_empty_string_empties_only_where_that_is_wanted(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer WHERE company_name IS NOT NULL ORDER BY id LIMIT 1")
    content = messages("customer", [{"id": id, "company_name": ""}])

    kept = target(books, content)
    there = books.query("SELECT company_name IS NOT NULL FROM customer WHERE id = %s", id)
    emptied = target(books, content, empty_strings="clear")

    assert (kept.code, there, emptied.code) == (0, [(True,)], 0), emptied.err
    assert books.query("SELECT company_name FROM customer WHERE id = %s", id) == [(None,)]


def test_a_new_transaction_needs_a_key_and_with_it_is_booked_once(books: Any) -> None:
    books.mirror("customer", "payment")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    count = len(books.documents("payment"))
    paid = {"ref": "C-1", "customer_id": customer, "total_amt": "10.00"}

    bare = target(books, messages("payment", [paid]))
    keyed = [target(books, messages("payment", [paid, paid], "ref")) for _ in range(2)]
    allowed = target(
        books, messages("payment", [{"customer_id": customer, "total_amt": 5}]), allow_unkeyed_creates=True
    )

    assert bare.code == 1
    assert "needs a key" in failures(books).read_text()
    assert [one.code for one in (*keyed, allowed)] == [0, 0, 0], keyed[0].err
    assert len(books.documents("payment")) == count + 2


def test_a_stream_of_no_table_ends_the_run_and_says_what_to_do(books: Any) -> None:
    outcome = target(books, messages("customers", [{"display_name": "X"}], state=1))

    assert (outcome.code, outcome.out) == (1, "")
    assert "The stream customers is none of the mirror's tables" in outcome.err


def test_a_dry_run_shows_the_requests_and_sends_none(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    records = [
        {"display_name": "A new one"},
        {"id": id, "notes": "n"},
        {"display_name": "B", "balance_with_jobs": 3},
    ]
    before = books.writes()

    outcome = target(books, messages("customer", records, state=1), dry_run=True)

    assert (outcome.code, outcome.out, books.writes() - before) == (1, "", 0)
    assert 'POST customer {"DisplayName":"A new one"}' in outcome.err
    assert '"sparse":true' in outcome.err
    assert "balance_with_jobs" in outcome.err
    assert books.query("SELECT count(*) FROM _sync_queue") == [(0,)]


def test_a_record_of_the_queue_only_names_the_row_to_send(books: Any) -> None:
    books.mirror("customer")
    number = books.enqueue("customer", "create", display_name="Queued before")

    outcome = target(books, messages("public-_sync_queue", [{"queue_id": number}], "queue_id", state=1))

    assert (outcome.code, outcome.out, books.status(number)) == (0, "1\n", ["done"]), outcome.err
    assert books.query("SELECT count(*) FROM _sync_queue") == [(1,)]


def test_a_thousand_customers_of_which_thirteen_are_bad(
    books: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    books.mirror("customer")
    taken = books.query("SELECT display_name FROM customer ORDER BY id LIMIT 7")
    names = [f"Imported {n}" for n in range(1000)]
    bad = range(37, 1000, 77)
    for n, place in enumerate(bad):
        names[place] = taken[n][0] if n < 7 else f"Tab\\t: {'x' * 500}{n}"
    file = new_csv(
        tmp_path / "customers.csv", [{"ref": n, "display_name": name} for n, name in enumerate(names)]
    )
    count = len(books.documents("customer"))
    pipeline = csv_pipeline(books, request, file, "customer", "ref")

    code, words = pipeline.run("run", "tap-csv", "target-quickbooks")

    assert (len(bad), code) == (13, 1), words
    assert "987 created" in words
    assert books.query("SELECT count(*) FROM customer WHERE display_name LIKE 'Imported %'") == [(987,)]
    rows = [json.loads(line) for line in failures(books).read_text().splitlines()][1:]
    assert len(rows) == 13
    assert sum("6240" in row["record"]["_sdc_error"] for row in rows) == 7

    content = failures(books).read_text()
    for n, row in enumerate(rows):
        content = content.replace(json.dumps(row["record"]["display_name"]), json.dumps(f"Mended {n}"))
    mended = target(books, content)

    assert mended.code == 0, mended.err
    assert "customer: 13 created" in mended.err
    assert total(books) == count + 1000


def test_a_run_killed_half_way_books_each_payment_once(books: Any, tmp_path: Path) -> None:
    books.mirror("customer", "payment")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    rows = [
        {"ref": f"P-{n}", "customer_id": customer, "total_amt": "20.00", "private_note": f"P-{n}"}
        for n in range(120)
    ]
    file = new_csv(tmp_path / "payments.csv", rows)
    content = subprocess.run(
        [sys.executable, str(TAP), str(file), "payment", "ref"], capture_output=True, text=True, check=True
    ).stdout
    begun = subprocess.Popen(
        [program("target-quickbooks")], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**clean_environment(), **books.environment}, text=True,
    )  # fmt: skip
    assert begun.stdin
    begun.stdin.write(content)
    begun.stdin.close()
    wait_for(
        lambda: books.query("SELECT count(*) FROM _sync_queue WHERE status = 'done'")[0][0] >= 20,
        "20 done",
        60,
    )
    begun.kill()
    begun.wait()

    outcome = target(books, content)

    assert outcome.code == 0, outcome.err
    notes = [d.get("PrivateNote") or "" for d in books.documents("payment")]
    assert sorted(note for note in notes if note.startswith("P-")) == sorted(
        row["private_note"] for row in rows
    )


def total(books: Any) -> int:
    return int(books.client.query("select count(*) from Customer").count())


def csv_pipeline(books: Any, request: pytest.FixtureRequest, file: Path, stream: str, keys: str) -> Pipeline:
    """A Meltano project whose extractor reads a file."""
    project = new_project(request.config.rootpath, books.home / "meltano")
    wrapper = project / "tap-csv"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} {TAP} "$@"\n')
    wrapper.chmod(0o755)
    configuration = project / "meltano.yml"
    plugin = (
        f"  - name: tap-csv\n    namespace: tap_csv\n    executable: {wrapper}\n    capabilities: [state]\n"
        f"    config: {{file: {file}, stream: {stream}, keys: {keys}}}\n"
    )
    text = configuration.read_text()
    configuration.write_text(text.replace("  extractors:\n", f"  extractors:\n{plugin}", 1))
    environment = {**books.environment, "TARGET_QUICKBOOKS_FAILURES_DIR": str(books.home)}
    return Pipeline(project, environment, start_forked)
