"""COPY into a mirrored table is an INSERT of many rows: all of it goes to QuickBooks, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.pq import ExecStatus, TransactionStatus
from quickbooks_demo.waiting import wait_for
from quickbooks_proxy.copying import CopyIn
from quickbooks_proxy.messages import FLUSH, SYNC, message

from .conftest import Writer

COPY = "copy customer (display_name, notes) from stdin"


@pytest.mark.parametrize("end", [b"c", b"f", b"X"])
def test_rows_go_on_whole_and_what_comes_after_them_is_kept(end: bytes) -> None:
    rows = message(b"d", b"one") + message(b"d", b"two") + message(end)
    stream = SYNC + message(b"d", b"one") + FLUSH + message(b"d", b"two") + message(end) + SYNC + b"Q\0"

    for size in range(1, len(stream)):
        copying, sent, rest = CopyIn(), b"", None
        for place in range(0, len(stream), size):
            if rest is None:
                ready, rest = copying.feed(stream[place : place + size])
                sent += ready
            else:
                rest += stream[place : place + size]
        assert (sent, rest) == (rows + FLUSH, SYNC + b"Q\0")


def copied(client: psycopg.Connection[Any], statement: str, *lines: str) -> str | None:
    """The tag."""
    with client.cursor() as cursor:
        with cursor.copy(statement.encode()) as copy:
            for line in lines:
                copy.write(line)
        return cursor.statusmessage


def names(writer: Writer, like: str = "Copied%") -> list[str]:
    """Of customers that QuickBooks has, and the mirror."""
    there = [d["DisplayName"] for d in writer.books.documents("customer", f"DisplayName LIKE '{like}'")]
    here = writer.books.query("select display_name from customer where display_name like %s", like)
    assert sorted(there) == sorted(name for (name,) in here)
    return sorted(there)


def test_text_csv_and_binary_rows_become_customers(writer: Writer) -> None:
    with writer.connect() as client:
        text = copied(client, COPY, "Copied 1\tone\nCopied 2", "\t\\N\nCopied 3\tthree\n")
        csv = copied(client, f"{COPY} with (format csv, header)", "name,notes\nCopied 4,\n")
        with client.cursor() as cursor:
            with cursor.copy(COPY.encode() + b" (format binary)") as copy:
                copy.set_types(["text", "text"])
                copy.write_row(["Copied 5", "five"])
            binary = cursor.statusmessage
        status = client.info.transaction_status

    assert (text, csv, binary, status) == ("COPY 3", "COPY 1", "COPY 1", TransactionStatus.IDLE)
    assert names(writer) == [f"Copied {n}" for n in range(1, 6)]
    assert writer.books.query(
        "select notes from customer where display_name like 'Copied%%' order by display_name"
    ) == [("one",), (None,), ("three",), (None,), ("five",)]


@pytest.mark.parametrize("is_block", [False, True])
def test_what_cannot_be_copied_leaves_nothing_and_the_connection_goes_on(
    writer: Writer, is_block: bool
) -> None:
    attempts = [
        ("copy customer (id, display_name) from stdin", ["qbk_cust77\tCopied\n"]),
        ("copy customer (display_name, balance) from stdin", ["Copied\t5\n"]),
        (COPY, [f"Copied {n}\tx\n" for n in range(2000)]),
        (COPY, ["Copied 1\tx\n", "no such row\n", *(f"Copied {n}\tx\n" for n in range(50_000))]),
        ("copy customer (nothing) from stdin", ["Copied 1\tx\n"]),
    ]

    with psycopg.connect(writer.address.url, autocommit=not is_block) as client:
        client.execute("set quickbooks.max_rows_per_statement = 2")
        client.commit()
        refused = [refusal(client, *attempt) for attempt in attempts]
        with pytest.raises(ZeroDivisionError):
            broken_off(client, lambda: 1 / 0)
        client.rollback()

        assert copied(client, COPY, "Copied at last\tx\n") == "COPY 1"
    assert [error.sqlstate for error in refused] == ["428C9", "428C9", "54000", "22P04", "42703"]
    assert refused[2].message_primary == "[QuickBooks] A statement may change 2 rows, this one changes 2000"
    assert "quickbooks.max_rows_per_statement" in str(refused[2].message_hint)
    assert writer.books.query("select count(*) from _sync_queue") == [(1,)]
    assert names(writer) == ["Copied at last"]


def refusal(client: psycopg.Connection[Any], statement: str, lines: list[str]) -> psycopg.errors.Diagnostic:
    with pytest.raises(psycopg.Error) as refused:
        copied(client, statement, *lines)
    client.rollback()
    return refused.value.diag


def test_a_client_that_cancels_or_dies_half_way_leaves_nothing(writer: Writer) -> None:
    with writer.connect() as client:
        with pytest.raises(psycopg.errors.QueryCanceled):
            broken_off(client, client.cancel)
        assert client.execute("select 1").fetchone() == (1,)

        with pytest.raises(psycopg.OperationalError):
            broken_off(client, client.pgconn.finish)
    wait_for(lambda: backends(writer) == 0, "the backend ends", 30)
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]
    assert writer.books.query("select count(*) from customer where display_name like 'Copied%%'") == [(0,)]


def broken_off(client: psycopg.Connection[Any], act: Callable[[], object]) -> None:
    """A copy in the middle of which something happens."""
    with client.cursor().copy(COPY.encode()) as copy:
        copy.write("Copied 1\tx\n")
        act()


def backends(writer: Writer) -> int:
    """Of writers."""
    count: int = writer.books.query(
        "select count(*) from pg_stat_activity where usename = 'test_quickbooks_writer'"
    )[0][0]
    return count


def test_a_copy_in_a_block_is_undone_with_it(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        copied(client, COPY, "Copied 1\tx\n")
        shown = client.execute("select notes from customer where display_name = 'Copied 1'").fetchone()
        client.rollback()

    assert shown == ("x",)
    wait_for(
        lambda: writer.books.query("select active from customer where notes = 'x'") == [(False,)],
        "it is undone",
        30,
    )


def test_a_copy_of_the_extended_protocol_and_one_among_others_are_the_same(writer: Writer) -> None:
    with writer.connect() as client:
        client.execute("create temp table own (name text)")
        pgconn = client.pgconn
        pgconn.send_query_params(COPY.encode(), None)
        extended = [*results(pgconn, b"Copied 1\tx\n")]
        pgconn.send_query(
            b"copy customer (display_name) from stdin; copy own from stdin; select name from own; "
            b"update customer set notes = 'after' where display_name = 'Copied 2'"
        )
        simple = [*results(pgconn, b"Copied 2\n")]

    assert extended == [(ExecStatus.COMMAND_OK, b"COPY 1")]
    assert simple == [
        (ExecStatus.COMMAND_OK, b"COPY 1"), (ExecStatus.COMMAND_OK, b"COPY 1"), (ExecStatus.TUPLES_OK, b"SELECT 1"),
        (ExecStatus.COMMAND_OK, b"UPDATE 1"),
    ]  # fmt: skip
    assert names(writer) == ["Copied 1", "Copied 2"]


def results(pgconn: psycopg.pq.PGconn, rows: bytes) -> Any:
    """Of the statements under way; each copy gets the same rows."""
    while result := pgconn.get_result():
        if result.status == ExecStatus.COPY_IN:
            pgconn.put_copy_data(rows)
            pgconn.put_copy_end()
        else:
            yield result.status, result.command_status
