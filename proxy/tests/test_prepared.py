"""EXECUTE of what was prepared in SQL is the statement itself."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from .conftest import Writer


def notes(writer: Writer) -> str | None:
    note: str | None = writer.document("Customer", "1").get("Notes")
    return note


def test_what_was_prepared_in_sql_is_written_each_time(writer: Writer) -> None:
    with writer.connect() as client:
        client.execute(
            'prepare "P" (text, text) as update customer set notes = $1 where id = $2 returning id, notes'
        )
        tags = []
        for words in ("one", "two"):
            cursor = client.execute(f"execute \"P\" ('{words}', 'qbk_cust1')".encode())
            tags.append((cursor.statusmessage, cursor.fetchall(), notes(writer)))
        binary = client.execute("EXECUTE \"P\"('three', 'qbk_cust1')", binary=True, prepare=True).fetchall()
        client.execute(
            "prepare q as insert into customer (display_name) values ($1) returning id, upper(display_name)"
        )
        (made,) = client.execute("execute q ('Prepared')").fetchall()

    assert tags == [("UPDATE 1", [("qbk_cust1", words)], words) for words in ("one", "two")]
    assert binary == [("qbk_cust1", "three")]
    assert made[0].startswith("qbk_cust")
    assert made[1] == "PREPARED"
    assert writer.document("Customer", made[0].removeprefix("qbk_cust"))["DisplayName"] == "Prepared"


def test_an_id_that_an_execute_names_is_looked_for(writer: Writer) -> None:
    with writer.connect() as client:
        client.execute("prepare p as update customer set notes = $1 where id = $2 and true")
        with pytest.raises(psycopg.errors.NoDataFound, match="Customer `qbk_cust1234567` not found"):
            client.execute("execute p ('a, (b)', 'qbk_cust1234567')")
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            client.execute("execute nobody ('x')")

        assert client.execute("execute p (upper('a, (b)'), 'qbk_cust1')").statusmessage == "UPDATE 1"
    assert notes(writer) == "A, (B)"


def test_a_name_is_what_postgres_says_it_is(writer: Writer) -> None:
    """It outlives a rollback, may mean something else later, and one of the protocol's may be executed too."""
    with psycopg.connect(writer.address.url) as client:
        client.execute("prepare p as update customer set notes = 'first' where id = 'qbk_cust1'")
        client.rollback()
        first = outcome(client, "execute p")
        client.commit()
        client.execute("deallocate p")
        client.execute("prepare p as select 'second'")
        second = outcome(client, "execute p")
        client.execute("do $$ begin deallocate p; execute 'prepare p as update customer set notes = ''third'' "
                       "where id = ''qbk_cust1'''; end $$")  # fmt: skip
        third = outcome(client, "execute p")
        client.commit()
        client.pgconn.prepare(b"named", b"update customer set notes = 'fourth' where id = 'qbk_cust1'")
        fourth = outcome(client, "begin; execute named; commit")

    assert [first, second, third, fourth] == ["UPDATE 1", "SELECT 1", "UPDATE 1", "UPDATE 1"]
    assert writer.books.query("select changed ->> 'notes' from _sync_queue order by queue_id") == [
        ("first",), ("third",), ("fourth",),
    ]  # fmt: skip


def outcome(client: psycopg.Connection[Any], statement: str) -> str | None:
    """The tag of the statement in the middle."""
    results = []
    client.pgconn.send_query(statement.encode())
    while result := client.pgconn.get_result():
        results.append(result.command_status)
    return results[len(results) // 2].decode() if results else None


def test_what_is_prepared_and_executed_in_one_query_is_written(writer: Writer) -> None:
    with writer.connect(cursor_factory=psycopg.ClientCursor) as client:
        client.execute(
            "prepare p as update customer set notes = 'at once' where id = 'qbk_cust1'; execute p; deallocate p"
        )

    assert notes(writer) == "at once"
