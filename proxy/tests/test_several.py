"""Several statements in one Query: transaction control and errors are as Postgres has them."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from quickbooks_demo.waiting import wait_for

from .conftest import Writer

FIRST = "update customer set notes = 'first' where id = 'qbk_cust1'; "
SECOND = "update customer set notes = 'second' where id = 'qbk_cust2'; "


def notes(writer: Writer, number: str) -> str | None:
    """What QuickBooks has."""
    found: str | None = writer.document("Customer", number).get("Notes")
    return found


def test_a_commit_outside_of_a_block_commits_what_was_before_it_and_warns(writer: Writer) -> None:
    heard: list[tuple[str | None, str | None]] = []

    with writer.connect() as client:
        client.add_notice_handler(lambda notice: heard.append((notice.sqlstate, notice.message_primary)))
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute((FIRST + "commit; " + SECOND + "select 1 / 0").encode())
        status = client.info.transaction_status

    assert heard == [("25P01", "there is no transaction in progress")]
    assert status == psycopg.pq.TransactionStatus.IDLE
    wait_for(lambda: notes(writer, "2") is None, "what was behind it is undone", 30)
    assert notes(writer, "1") == "first"


@pytest.mark.parametrize("control", ["savepoint one", "commit and chain", "rollback to one"])
def test_what_needs_a_block_is_an_error_outside_of_one_and_undoes_the_rest(
    writer: Writer, control: str
) -> None:
    with writer.connect() as client:
        with pytest.raises(psycopg.errors.NoActiveSqlTransaction):
            client.execute((FIRST + control + "; " + SECOND).encode())

        assert client.execute("select 1").fetchone() == (1,)
    wait_for(lambda: notes(writer, "1") is None, "the first is undone", 30)
    assert notes(writer, "2") is None


@pytest.mark.parametrize("before", ["", "-- for amélie\n  ", "select 'é'; ", FIRST])
def test_an_error_points_at_its_place_in_the_whole_text(writer: Writer, before: str) -> None:
    text = before + "update customer set notes = '', no_column = 1"

    with writer.connect() as client, pytest.raises(psycopg.errors.UndefinedColumn) as refused:
        client.execute(text.encode())

    assert refused.value.diag.statement_position == str(text.index("no_column") + 1)


@pytest.mark.parametrize("behind", ["select 'a' 'b'", "update customer set notes = null where ;", "(", "é"])
@pytest.mark.parametrize(
    "first", [FIRST, "set local work_mem = '5MB'; " + FIRST, "commit; select 'é'; " + FIRST]
)
@pytest.mark.parametrize("is_in_block", [False, True])
def test_what_is_no_sql_is_refused_as_a_whole_as_by_postgres(
    writer: Writer, first: str, behind: str, is_in_block: bool
) -> None:
    direct = psycopg.connect(writer.books.database.login("quickbooks_writer").url, autocommit=True)
    refused = []
    with direct, writer.connect() as proxy:
        for client in (direct, proxy):
            if is_in_block:
                client.execute("begin")
            with pytest.raises(psycopg.errors.SyntaxError) as error:
                client.execute((first + behind).encode())
            told = error.value.diag
            refused.append((
                client.info.transaction_status, told.message_primary, told.statement_position, told.internal_position,
                told.internal_query, told.context, told.source_function,
            ))  # fmt: skip

    assert refused[1] == refused[0]
    assert writer.books.database.superuser.query("select count(*) from _sync_queue") == [(0,)]


def test_a_single_statement_is_read_with_what_follows_it(writer: Writer) -> None:
    with writer.connect() as client, pytest.raises(psycopg.errors.SyntaxError, match='at or near ";"'):
        client.execute("update customer set notes = null where ;")


@pytest.mark.parametrize(
    "begin", ["begin isolation level serializable; ", "set transaction isolation level serializable; "]
)
def test_reading_them_all_leaves_the_transaction_as_new_as_it_was(writer: Writer, begin: str) -> None:
    with writer.connect() as client:
        if begin.startswith("set"):
            client.execute("begin")
        client.execute((begin + FIRST).encode())

        assert client.execute("show transaction_isolation").fetchone() == ("serializable",)
        client.execute("commit")
    assert notes(writer, "1") == "first"


@pytest.mark.parametrize(("behind", "status"), [(SECOND, "IDLE"), ("update", "INERROR")])
def test_a_failed_transaction_is_only_left_by_what_is_sql_as_a_whole(
    writer: Writer, behind: str, status: str
) -> None:
    with writer.connect() as client:
        client.execute("begin")
        client.execute(FIRST.encode())
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("select 1 / 0")
        with suppress(psycopg.errors.SyntaxError):
            client.execute(f"rollback; {behind}".encode())

        assert client.info.transaction_status.name == status
        client.execute("rollback")
    assert notes(writer, "1") is None
    assert notes(writer, "2") == ("second" if status == "IDLE" else None)
