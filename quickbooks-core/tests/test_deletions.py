"""Deletions that QuickBooks has told: tombstones, rows that cannot go yet, and answers that come too late."""

from __future__ import annotations

from typing import Any

import psycopg
from quickbooks_demo.landing import a_run, a_word, customers, land
from quickbooks_demo.testing import Database


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def told_as_gone(
    connection: psycopg.Connection, run_id: str, *numbers: int, read_at: str = "2026-11-02"
) -> None:
    """A run that is told of these deletions and of nothing else."""
    mark = f"sandbox:111:{run_id}:run1"
    gone = [
        {"table_name": "customer", "id": f"qbk_cust{n}", "read_at": read_at, "_sync_run": mark}
        for n in numbers
    ]
    land(connection, "_sync_deletes", *gone)
    a_word(
        connection,
        run_id,
        {"customer": 0, "_sync_deletes": len(numbers)},
        _sync_run=mark,
        previous_run_id="run1",
    )


def test_a_told_deletion_goes_at_once_and_leaves_its_image(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2)

        told_as_gone(loader, "run2", 2)

        assert rows(loader, "select id from customer") == [("qbk_cust1",)]
        assert rows(loader, "select id, source, status, image ->> 'display_name' from _sync_deletes") == [
            ("qbk_cust2", "cdc", "done", "Customer 2")
        ]


def test_a_page_that_was_read_before_the_deletion_does_not_bring_the_row_whenever_it_lands(
    migrated: Database,
) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1)
        told_as_gone(loader, "run2", 7)

        land(loader, "customer", *customers("run3", 7, _sync_read_at="2026-11-01T23:00:00Z"))
        late = rows(loader, "select count(*) from customer where id = 'qbk_cust7'")
        land(loader, "customer", *customers("run3", 7, _sync_read_at="2026-11-02T01:00:00Z"))

        assert (late, rows(loader, "select count(*) from customer where id = 'qbk_cust7'")) == (
            [(0,)],
            [(1,)],
        )
        assert rows(loader, "select id, status from _sync_deletes") == [("qbk_cust7", "superseded")]


def test_the_same_deletion_told_again_is_noted_once(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2)
        for run_id in ("run2", "run3", "run4"):
            told_as_gone(loader, run_id, 2, 9)

        assert rows(loader, "select id, status from _sync_deletes order by id") == [
            ("qbk_cust2", "done"), ("qbk_cust9", "done"),
        ]  # fmt: skip


def test_a_row_that_a_client_has_locked_waits_and_goes_with_the_next_run(migrated: Database) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, 2)
        client.execute("select from customer where id = 'qbk_cust2' for update")
        loader.execute("set statement_timeout = '20s'")
        told_as_gone(loader, "run2", 2)
        assert rows(loader, "select id, status from _sync_deletes") == [("qbk_cust2", "waiting")]
        client.rollback()

        a_word(loader, "run3", {"customer": 0})

        assert rows(loader, "select id, status, image is not null from _sync_deletes") == [
            ("qbk_cust2", "done", True)
        ]
        assert rows(loader, "select id from customer") == [("qbk_cust1",)]


def test_a_row_of_a_later_answer_stays(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, 2, _sync_read_at="2026-11-03")

        told_as_gone(loader, "run2", 2, read_at="2026-11-02")

        assert rows(loader, "select count(*) from customer") == [(2,)]
        assert rows(loader, "select count(*) from _sync_deletes") == [(0,)]


def test_a_deletion_in_a_table_of_the_users_is_none(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1)
        loader.execute("create table mine (id text)")
        loader.execute("insert into mine values ('1')")
        mark = "sandbox:111:run2:run1"

        for table in ("mine", "_sync_run", "no such table"):
            land(
                loader,
                "_sync_deletes",
                {"table_name": table, "id": "1", "read_at": "2026-11-02", "_sync_run": mark},
            )

        assert rows(loader, "select id from mine") == [("1",)]
        assert rows(loader, "select count(*) from _sync_deletes") == [(0,)]
