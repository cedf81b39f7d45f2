"""The end of a run, in the database: a client with locks neither holds it up nor brings back what was left out."""

from __future__ import annotations

from typing import Any

import psycopg
from quickbooks_demo.landing import a_run, a_word, customers, land
from quickbooks_demo.testing import Database

WITHOUT_NOTES = {"customer": ["id", "display_name", "sync_token", "created_at", "updated_at"]}


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def test_a_locked_row_does_not_hold_up_the_emptying_of_a_deselected_column(migrated: Database) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, 2, notes="only-for-the-boss")
        client.execute("select from customer where id = 'qbk_cust1' for update")
        loader.execute("set statement_timeout = '20s'")

        a_run(loader, "run2", 1, 2, selected=WITHOUT_NOTES)

        assert rows(loader, "select id, notes from customer order by id") == [
            ("qbk_cust1", "only-for-the-boss"),
            ("qbk_cust2", None),
        ]
        client.rollback()
        a_run(loader, "run3", 1, 2, selected=WITHOUT_NOTES)
        assert rows(loader, "select notes from customer") == [(None,), (None,)]


def test_a_deselected_column_leaves_what_is_parked_and_the_images_of_deleted_rows_too(
    migrated: Database,
) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, 2, 3, notes="only-for-the-boss")
        a_run(loader, "run2", 1, 2, _sync_read_at="2026-11-02")
        client.execute("select from customer where id = 'qbk_cust1' for update")
        a_run(loader, "run3", 1, 2, notes="only-for-the-boss now", sync_token="1", _sync_read_at="2026-11-03")

        a_run(loader, "run4", 1, 2, sync_token="1", selected=WITHOUT_NOTES, _sync_read_at="2026-11-04")

        everywhere = "select landing::text from _sync_parked union all select image::text from _sync_deletes"
        kept = rows(loader, everywhere)
        assert len(kept) >= 2
        assert [text for (text,) in kept if "only-for-the-boss" in text] == []


def test_a_client_that_holds_a_row_which_refers_to_a_deleted_one_holds_up_nothing_for_long(
    migrated: Database,
) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, 2)
        loader.execute("create table mine (customer_id text references customer on delete cascade)")
        loader.execute("insert into mine values ('qbk_cust2')")
        client.execute("select from mine for update")
        loader.execute("set statement_timeout = '30s'")

        a_run(loader, "run2", 1, _sync_read_at="2026-11-03")

        assert rows(loader, "select id, status from _sync_deletes") == [("qbk_cust2", "forbidden")]
        assert rows(loader, "select status from _sync_run order by run_id") == [("finished",), ("finished",)]
        client.rollback()
        a_run(loader, "run3", 1, _sync_read_at="2026-11-04")
        assert rows(loader, "select id from customer") == [("qbk_cust1",)]


def test_what_was_made_through_us_a_moment_ago_is_not_yet_missing(migrated: Database) -> None:
    """An index may lag; a row of a run, which QuickBooks has told of once, is."""
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        made = {"created_at": "2026-11-02T10:00:00Z", "_sync_read_at": "2026-11-02T10:00:01Z"}
        a_run(loader, "run1")
        land(loader, "customer", *customers("run2", 1, 2, **made))
        loader.execute(
            "insert into _sync_queue (deployment_id, environment, realm_id, table_name, operation, id, changed,"
            " row_key, asked_from) values ('', 'sandbox', '111', 'customer', 'create', 'qbk_cust1', '{}',"
            " 'customer:qbk_cust1', 'a test')"
        )
        left = []
        for run_id, at in (("run3", "2026-11-02T10:00:19Z"), ("run4", "2026-11-02T10:00:31Z")):
            mark = {"_sync_run": f"sandbox:111:{run_id}:run1"}
            window = {"table_name": "customer", "created_from": "2026-11-02T09:00:00Z", "created_to": None}
            land(loader, "_sync_sweep", {**window, "page": 1, "ids": [], "read_at": at, **mark})
            a_word(loader, run_id, {"_sync_sweep": 1, "customer": 0}, previous_run_id="run1", **mark)
            left.append(rows(loader, "select id from customer"))

        assert left == [[("qbk_cust1",)], []]


def test_each_deleted_row_is_gone_since_the_answer_that_lacked_it(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, created_at="2020-01-01", _sync_read_at="2026-11-01")
        land(loader, "customer", *customers("run1", 2, created_at="2021-01-01", _sync_read_at="2026-11-01"))
        mark = {"_sync_run": "sandbox:111:run2:"}
        pages = [(1, None, "2020-06-01", "2026-11-02"), (2, "2020-06-01", None, "2026-11-04")]
        for page, start, end, read_at in pages:
            window = {"table_name": "customer", "page": page, "created_from": start, "created_to": end}
            land(loader, "_sync_sweep", {**window, "ids": [], "read_at": read_at, "_sync_seq": page, **mark})
        a_word(loader, "run2", {"_sync_sweep": 2, "customer": 0})

        # A page of somebody else's, read between the two answers and landed after both.
        late = {"created_at": "2021-01-01", "_sync_read_at": "2026-11-03", "sync_token": "1"}
        land(loader, "customer", *customers("run3", 2, **late))

        gone = rows(loader, "select id, deleted_at::date::text from _sync_deletes order by id")
        assert gone == [("qbk_cust1", "2026-11-02"), ("qbk_cust2", "2026-11-04")]
        assert rows(loader, "select id from customer") == []
