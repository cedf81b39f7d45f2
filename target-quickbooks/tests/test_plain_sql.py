"""Plain SQL of a role in queue mode, through the worker, and back into the mirror."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest


@pytest.fixture
def does(books: Any) -> Callable[[str], str]:
    """Runs a statement as a role in queue mode, and commits; returns its tag."""
    writer = books.database.login("quickbooks_writer")
    books.query("SELECT quickbooks_load.set_queue_mode('test_quickbooks_writer', true)")

    def run(statement: str) -> str:
        with psycopg.connect(writer.url, autocommit=True) as connection:
            return str(connection.execute(statement.encode()).statusmessage)

    return run


def test_what_plain_sql_asks_for_reaches_quickbooks_and_comes_back(
    books: Any, does: Callable[[str], str]
) -> None:
    books.mirror("customer", "time_activity")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    ((activity,),) = books.query("SELECT id FROM time_activity ORDER BY id LIMIT 1")
    tags = [
        does(f"UPDATE customer SET notes = 'by plain SQL', phone = NULL WHERE id = '{customer}'"),
        does("INSERT INTO vendor (display_name, id) VALUES ('Plain & Söhne', NULL)"),
        does(f"DELETE FROM time_activity WHERE id = '{activity}'"),
    ]

    outcome = books.drain()

    assert (outcome.code, tags) == (0, ["UPDATE 1", "INSERT 0 0", "DELETE 0"]), outcome
    assert books.query("SELECT notes, phone FROM customer WHERE id = %s", customer) == [
        ("by plain SQL", None)
    ]
    assert books.query("SELECT display_name FROM vendor") == [("Plain & Söhne",)]
    assert books.query("SELECT 1 FROM time_activity WHERE id = %s", activity) == []
    assert books.query("SELECT 1 FROM _sync_pending") == []


def test_columns_of_the_users_own_wait_for_the_new_row(books: Any, does: Callable[[str], str]) -> None:
    books.query("ALTER TABLE vendor ADD my_rating int, ADD my_place point, ADD my_made text DEFAULT 'usual'")
    does("INSERT INTO vendor (display_name, my_rating, my_place) VALUES ('Rated', 5, '(1,2)')")
    does("INSERT INTO vendor (display_name, my_made) VALUES ('Made', 'by hand')")

    books.drain()

    assert books.query("SELECT display_name, my_rating, my_place::text, my_made FROM vendor ORDER BY 1 DESC") == [
        ("Rated", 5, "(1,2)", "usual"), ("Made", None, None, "by hand"),
    ]  # fmt: skip


def test_changes_of_one_row_build_on_each_other(books: Any, does: Callable[[str], str]) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    for change in ("notes = 'a'", "notes = 'b', title = 'Dr'", "notes = 'c'"):
        does(f"UPDATE customer SET {change} WHERE id = '{id}'")

    books.drain()

    assert books.query("SELECT status FROM _sync_queue") == [("done",)] * 3
    assert books.query("SELECT notes, title FROM customer WHERE id = %s", id) == [("c", "Dr")]


def test_a_statement_of_many_rows_goes_thirty_in_a_request(books: Any, does: Callable[[str], str]) -> None:
    books.sandbox.control("generate", object="Customer", count=40)
    books.mirror("customer")
    ((count,),) = books.query("SELECT count(*) FROM customer")
    books.sandbox.control("requests")

    tag = does("UPDATE customer SET notes = 'all of them'")
    books.drain()

    assert tag == f"UPDATE {count}"
    assert books.query("SELECT DISTINCT notes FROM customer") == [("all of them",)]
    assert sum(books.sandbox.look("requests")["counts"].values()) <= 1 + count // 30 + 1


def test_a_refusal_is_read_where_the_change_was_asked_for(books: Any, does: Callable[[str], str]) -> None:
    does("INSERT INTO customer (display_name) VALUES ('a:b')")
    books.drain()

    with psycopg.connect(books.database.login("quickbooks_writer").url) as connection:
        row = connection.execute("SELECT status, sqlstate, error FROM _sync_queue").fetchone()

    status, sqlstate, words = row or ("", "", "")
    assert (status, sqlstate) == ("failed", "22023")
    assert words.startswith("[QuickBooks] Customer `a:b`")
