"""`quickbooks status`: what it counts, what it says, and to whom."""

from __future__ import annotations

import json
import secrets

import psycopg
import pytest
from quickbooks_demo.landing import a_run, customers, land
from quickbooks_demo.testing import Database, Outcome, run


def status(url: str, *arguments: str) -> Outcome:
    return run("quickbooks", "status", *arguments, DATABASE_URL=url)


def test_a_mirror_without_a_run_says_so(migrated: Database) -> None:
    outcome = status(migrated.url)

    assert (outcome.code, outcome.out.splitlines()[1:]) == (0, ["no run yet"])


def test_a_run_is_shown_with_its_rows_and_what_it_has_cost(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2)

    outcome = status(migrated.url)

    head, line, last = outcome.out.splitlines()
    assert head.split() == ["table", "changed", "calls", "parked", "forbidden", "last", "poll", "status"]
    assert line.split() == ["customer", "2", "3", "0", "0", "2026-11-02", "00:00:00", "ok"]
    assert last.startswith("last run: run1 finished ")
    assert last.endswith("; calls of the API: 1 oauth, 3 query")


def test_parked_rows_are_counted_until_the_client_has_let_them_go(migrated: Database) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, 2)
        client.execute("select from customer where id = 'qbk_cust1' for update")
        a_run(loader, "run2", 1, 2, sync_token="1", display_name="new", _sync_read_at="2026-11-02")

        outcome = status(migrated.url)

        assert outcome.out.splitlines()[1].split()[:5] == ["customer", "2", "3", "1", "0"]
        assert "parked: 1 changes of rows that a client had locked; the next run" in outcome.out
        client.rollback()
        a_run(loader, "run3", 1, 2, sync_token="1", display_name="new", _sync_read_at="2026-11-03")
    assert status(migrated.url).out.splitlines()[1].split()[:5] == ["customer", "2", "3", "0", "0"]


def test_a_held_deletion_is_counted_once_however_often_it_is_tried_and_goes_when_nothing_holds_it(
    migrated: Database,
) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2)
        loader.execute("create table mine (customer_id text references customer)")
        loader.execute("insert into mine values ('qbk_cust2')")
        a_run(loader, "run2", 1, _sync_read_at="2026-11-03")
        a_run(loader, "run3", 1, _sync_read_at="2026-11-04")

        held = status(migrated.url).out

        loader.execute("drop table mine")
        a_run(loader, "run4", 1, _sync_read_at="2026-11-05")
    assert held.splitlines()[1].split()[:5] == ["customer", "1", "3", "0", "1"]
    assert "forbidden: 1 rows that QuickBooks no longer has, but a foreign key of yours holds; remove" in held
    assert status(migrated.url).out.splitlines()[1].split()[:5] == ["customer", "1", "3", "0", "0"]


def test_a_doubtful_run_deletes_nothing_and_is_shown_as_incomplete(migrated: Database) -> None:
    reason = "QuickBooks counts 3 and gave 1"
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2)
        a_run(loader, "run2", 1, uncertain={"customer": reason}, _sync_read_at="2026-11-03")
        left = loader.execute("select count(*) from customer").fetchone()

    lines = status(migrated.url).out.splitlines()

    assert left == (2,)
    assert lines[1].endswith(f"incomplete {reason}")
    assert lines[2] == "incomplete: QuickBooks gave fewer rows than it counts of customer; run again."


def test_a_table_that_no_run_has_read_to_its_end_is_shown_as_unfinished(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        land(loader, "customer", *customers("run1", 1, 2))
        begun = status(migrated.url).out.splitlines()
        a_run(loader, "run2", 1, 2)

    assert begun[1].split() == ["customer", "2", "0", "0", "0", "-", "unfinished"]
    assert begun[2].startswith("unfinished: no run has read customer to the end")
    assert "unfinished" not in status(migrated.url).out


def test_programs_read_it_as_json_with_queue_and_last_run_at_the_end(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1)

    table, queue, last = map(json.loads, status(migrated.url, "--json").out.splitlines())

    assert table == {"table_name": "customer", "status": "ok", "rows": 1, "calls": 3, "batch_items": None, "parked": 0,
                     "forbidden": 0, "error": None, "last_poll_at": "2026-11-02 00:00:00+00:00"}  # fmt: skip
    assert queue == {
        "queue": {"pending": 0, "sending": 0, "unknown": 0, "failed": 0, "not_undone": 0, "oldest": None}
    }
    assert (last["last_run"]["run_id"], last["last_run"]["calls"]) == ("run1", {"query": 3, "oauth": 1})


@pytest.mark.parametrize("group", ["quickbooks_reader", "quickbooks_writer", "quickbooks_admin"])
def test_whoever_may_read_the_mirror_may_ask(migrated: Database, group: str) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1)

    assert status(migrated.login(group).url) == status(migrated.url)


def test_whoever_may_not_is_told_which_role_it_takes(migrated: Database) -> None:
    name = f"nobody_{secrets.token_hex(4)}"
    migrated.superuser.query(f"create role {name} login password 'word'")

    outcome = status(migrated.superuser.by(name, "word").url)

    migrated.superuser.query(f"drop role {name}")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "quickbooks: permission denied for table _sync_migration. Give DATABASE_URL a role that may: "
        "quickbooks_owner to migrate, quickbooks_reader to look.\n"
    )


def test_a_database_that_is_not_migrated_is_a_word_and_no_traceback(database: Database) -> None:
    assert status(database.url) == Outcome(
        1, "", "quickbooks: the schema public is not migrated. Run: quickbooks migrate\n"
    )


def test_the_queue_is_counted_for_whoever_may_read(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as admin:
        a_run(admin, "run1", 1)
        for name in ("pending", "sending", "failed", "unknown", "cancelled"):
            admin.execute(
                "SELECT quickbooks_load.enqueue("
                "'customer', 'create', new_values => jsonb_build_object('notes', %s::text))",
                [name],
            )
        admin.execute("UPDATE _sync_queue SET status = 'failed', sqlstate = '23505' WHERE queue_id = 3")
        admin.execute("UPDATE _sync_queue SET status = 'sending' WHERE queue_id IN (2, 4)")
        admin.execute("UPDATE _sync_queue SET status = 'unknown' WHERE queue_id = 4")
        admin.execute("SELECT quickbooks_load.cancel_change(5)")
    reader = migrated.login("quickbooks_reader").url

    lines = status(reader).out.splitlines()

    (line,) = (line for line in lines if line.startswith("queue: "))
    assert line.startswith(
        "queue: 1 pending, 1 sending, 1 unknown, 1 failed in the last 24 hours; the oldest waits"
    )
    told = json.loads(status(reader, "--json").out.splitlines()[-2])["queue"]
    assert [told[name] for name in ("pending", "sending", "unknown", "failed", "not_undone")] == [
        1,
        1,
        1,
        1,
        0,
    ]
    assert status(reader, "--warnings").err == (
        "warning: unknown: 1 changes of which nobody knows whether QuickBooks has made them: "
        "`quickbooks queue list --status unknown`.\n"
    )
