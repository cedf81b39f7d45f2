"""While QuickBooks is asked: cancelling, clients that go, time that runs out. The queue has the outcome in any case."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from quickbooks_demo.books import Books
from quickbooks_demo.waiting import wait_for

from .conftest import Start, Writer

NOTE = "update customer set notes = 'waited for' where id = 'qbk_cust1'"


def statuses(books: Books) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in books.query("select status, sqlstate from _sync_queue order by queue_id")]


@pytest.fixture
def alone(books: Books, start: Start) -> Writer:
    """Clients wait two seconds at most, and there is no worker."""
    books.mirror("customer")
    return Writer(books, start("--write-timeout", "2").address(books.database.login("quickbooks_writer")))


@contextmanager
def waiting(writer: Writer, client: psycopg.Connection) -> Iterator[list[BaseException]]:
    """The block runs while the client's statement waits; how that has ended is there afterwards."""
    ended: list[BaseException] = []

    def write() -> None:
        try:
            client.execute(NOTE)
        except psycopg.Error as error:
            ended.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    wait_for(lambda: statuses(writer.books), "it is queued")
    yield ended
    thread.join()


def test_where_nobody_sends_it_nothing_is_done_later_behind_the_clients_back(alone: Writer) -> None:
    with alone.connect() as client:
        with pytest.raises(psycopg.OperationalError) as late:
            client.execute(NOTE)

        assert client.execute("select 1").fetchone() == (1,)
    assert (late.value.sqlstate, late.value.diag.message_hint) == (
        "08006", "Is `target-quickbooks --follow` running?",
    )  # fmt: skip
    assert statuses(alone.books) == [("failed", "57014")]


def test_what_was_made_of_a_statement_whose_rest_was_not_sent_is_taken_back(alone: Writer) -> None:
    first, *others = ids = [f"qbk_cust{n}" for n in (1, 2, 3)]
    for id in others:  # these wait for what somebody else has asked for, and nobody may send
        alone.books.query("update _sync_queue set not_before = now() + interval '1 hour' where queue_id = %s",
                          alone.books.enqueue("customer", "update", id, notes="much later"))  # fmt: skip
    with alone.connect() as client, alone.books.following():
        with pytest.raises(psycopg.OperationalError) as late:
            client.execute("update customer set notes = 'in part' where id = any(%s)", [ids])

        wait_for(
            lambda: (
                alone.books.query("select fate from _sync_queue where id = %s and undoes is null", first)
                == [("undone",)]
            ),
            "it is taken back",
            30,
        )
    assert late.value.diag.message_detail == (
        "1 of 3 changes have been made and are taken back, the others are not sent."
    )
    assert alone.document("Customer", "1").get("Notes") is None


def test_cancelling_ends_the_wait_and_takes_back_what_was_not_sent(alone: Writer) -> None:
    with alone.connect() as client:
        with waiting(alone, client) as ended:
            client.cancel_safe()

        assert [type(error) for error in ended] == [psycopg.errors.QueryCanceled]
        assert client.execute("select 1").fetchone() == (1,)
    assert statuses(alone.books) == [("failed", "57014")]


def test_the_write_of_a_client_that_has_gone_is_made_all_the_same(writer: Writer) -> None:
    client = writer.connect()
    client.pgconn.send_query(NOTE.encode())
    client.pgconn.flush()
    wait_for(lambda: statuses(writer.books), "it is queued")
    client.pgconn.finish()
    client.close()

    wait_for(lambda: statuses(writer.books) == [("done", None)], "it is done", 30)
    assert writer.document("Customer", "1")["Notes"] == "waited for"


def test_the_proxy_answers_what_is_under_way_before_it_ends(alone: Writer, start: Start) -> None:
    proxy = start()
    with Writer(
        alone.books, proxy.address(alone.books.database.login("quickbooks_writer"))
    ).connect() as client:
        with waiting(alone, client) as ended:
            proxy.child.process.send_signal(signal.SIGTERM)
            with alone.books.following():
                alone.books.wait(1)

        assert ended == []


def test_rows_that_are_under_way_for_too_long_have_no_certain_end(alone: Writer) -> None:
    with alone.connect() as client, alone.books.following():
        alone.books.sandbox.control("latency", ms=4000)
        with pytest.raises(psycopg.OperationalError) as late:
            client.execute(NOTE)
        alone.books.sandbox.control("latency", ms=0)
        alone.books.wait(1)

    assert (late.value.sqlstate, late.value.diag.message_detail) == (
        "08007", "What becomes of it stands in _sync_queue, number 1.",
    )  # fmt: skip


def test_the_statement_timeout_of_a_client_counts(alone: Writer, start: Start) -> None:
    patient = Writer(alone.books, start().address(alone.books.database.login("quickbooks_writer")))

    with patient.connect() as client:
        client.execute("set statement_timeout = '600ms'")
        with pytest.raises(psycopg.OperationalError) as late:
            client.execute(NOTE)

    assert late.value.sqlstate == "08006"
    assert statuses(alone.books) == [("failed", "57014")]


def test_connections_of_the_proxys_own_that_were_ended_are_made_anew(writer: Writer) -> None:
    of_the_proxy = (
        "from pg_stat_activity where application_name = 'quickbooks-proxy' and datname = current_database()"
    )
    with writer.connect() as client:
        before = writer.books.query(f"select pid {of_the_proxy}")
        writer.books.query(f"select pg_terminate_backend(pid) {of_the_proxy}")
        wait_for(lambda: not {*before} & {*writer.books.query(f"select pid {of_the_proxy}")}, "their end")

        tags = [client.execute(NOTE.replace("for", f"for {n}")).statusmessage for n in range(6)]

    assert tags == ["UPDATE 1"] * 6
