"""Rows that bring some columns only, and whole rows that may go back in time."""

from __future__ import annotations

from typing import Any

import psycopg
from quickbooks_demo.landing import a_run, a_word, customers, land
from quickbooks_demo.testing import Database

GOES_ON = {"_sync_run": "sandbox:111:run2:run1"}
FIRST = {"updated_at": "2026-10-02", "notes": "kept", "balance": 5}


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def part(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    """Rows that bring the company's name and the balance."""
    given = {
        "updated_at": "2026-10-02",
        "company_name": "Inc.",
        "balance": 7,
        "_sync_columns": "balance,company_name",
    }
    return customers("run2", *numbers, display_name=None, **{**given, **GOES_ON, **more})


def test_a_part_fills_its_columns_and_leaves_the_others(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, **FIRST)

        land(loader, "customer", *part(1, 2))

        found = "select id, display_name, notes, company_name, balance::text, _sync_read_at::date::text from customer"
        assert rows(loader, found) == [("qbk_cust1", "Customer 1", "kept", "Inc.", "7.00", "2026-11-01")]
        assert rows(loader, "select count(*) from quickbooks_load.customer") == [(0,)]


def test_a_part_that_is_older_than_the_row_changes_nothing(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, **FIRST)

        land(loader, "customer", *part(1, updated_at="2026-10-01"))

        assert rows(loader, "select company_name, balance from customer") == [(None, 5)]


def test_a_part_for_a_row_that_a_client_has_locked_comes_when_the_run_closes(migrated: Database) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        chosen = {"customer": ["id", "display_name", "notes", "sync_token", "updated_at"]}
        a_run(loader, "run1", 1, **FIRST, selected=chosen)
        client.execute("select from customer where id = 'qbk_cust1' for update")
        land(loader, "customer", *part(1))
        client.rollback()

        chosen["customer"] += ["balance", "company_name"]
        a_word(loader, "run2", {"customer": 1}, selected=chosen, **GOES_ON)

        assert rows(loader, "select display_name, notes, company_name, balance from customer") == [
            ("Customer 1", "kept", "Inc.", 7)
        ]
        assert rows(loader, "select count(*) from _sync_parked") == [(0,)]


CHOSEN = ["id", "display_name", "notes", "sync_token", "updated_at"]


def test_a_row_that_waits_for_a_client_keeps_a_column_that_its_run_has_newly_chosen(
    migrated: Database,
) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, **FIRST, selected={"customer": CHOSEN})
        client.execute("select from customer where id = 'qbk_cust1' for update")
        changed = {"updated_at": "2026-10-03", "company_name": "Inc.", "_sync_read_at": "2026-11-02"}
        land(loader, "customer", *customers("run2", 1, **changed, **GOES_ON))
        a_word(loader, "run2", {"customer": 1}, selected={"customer": [*CHOSEN, "company_name"]}, **GOES_ON)
        client.rollback()

        land(loader, "customer", *customers("run3", 2, _sync_run="sandbox:111:run3:run2"))

        assert rows(loader, "select company_name from customer where id = 'qbk_cust1'") == [("Inc.",)]


def test_what_has_waited_for_a_client_is_older_than_what_lands_after_it(migrated: Database) -> None:
    url = migrated.superuser.url
    with psycopg.connect(url, autocommit=True) as loader, psycopg.connect(url) as client:
        a_run(loader, "run1", 1, **FIRST)
        client.execute("select from customer where id = 'qbk_cust1' for update")
        changed = {"updated_at": "2026-10-03", "_sync_read_at": "2026-11-02"}
        land(loader, "customer", *customers("run2", 1, **changed, **GOES_ON))
        client.rollback()

        land(loader, "customer", *part(1, updated_at="2026-10-03", _sync_read_at="2026-11-03"))

        assert rows(loader, "select company_name, balance from customer") == [("Inc.", 7)]


def test_only_a_run_that_reads_everything_anew_may_go_back_in_time(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, **FIRST)
        older = {"updated_at": "2026-01-01", "notes": "of before", "_sync_read_at": "2026-11-05"}

        land(loader, "customer", *customers("run2", 1, **{**older, **GOES_ON}))
        kept = rows(loader, "select notes from customer")
        land(loader, "customer", *customers("run3", 1, **older))

        assert (kept, rows(loader, "select notes from customer")) == ([("kept",)], [("of before",)])


def test_an_answer_that_was_given_earlier_never_wins(migrated: Database) -> None:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as loader:
        a_run(loader, "run1", 1, **FIRST)

        land(loader, "customer", *customers("run2", 1, notes="late", _sync_read_at="2026-10-31"))

        assert rows(loader, "select notes from customer") == [("kept",)]
