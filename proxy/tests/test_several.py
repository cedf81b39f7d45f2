"""Several statements in one Query: transaction control and errors are as Postgres has them."""

from __future__ import annotations

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
