"""What has nothing to do with the mirror goes through as if there were no proxy."""

from __future__ import annotations

import hashlib
import io
import os
import threading

import psycopg
import pytest
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database
from quickbooks_demo.waiting import wait_for

from .conftest import Start


@pytest.fixture
def through(start: Start, migrated: Database) -> Address:
    """The superuser in the mirror's database."""
    return start().address(migrated.superuser)


def test_a_client_is_the_role_it_logs_in_as(through: Address) -> None:
    assert through.query("select session_user, current_database()") == [("postgres", through.database)]


def test_a_wrong_password_is_refused_by_postgres_itself(through: Address) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        through.by("postgres", "wrong").query("select 1")


def test_megabytes_go_through_in_both_directions(through: Address) -> None:
    content = os.urandom(12_000_000)

    with psycopg.connect(through.url) as connection:
        row = connection.execute("select sha256(%b), %b", (content, content)).fetchone()

    assert row == (hashlib.sha256(content).digest(), content)


def test_copy_goes_through_in_both_directions(through: Address) -> None:
    lines = "".join(f"{n}\tsome text that makes the line longer\n" for n in range(100_000))
    copied = io.BytesIO()

    with psycopg.connect(through.url) as connection, connection.cursor() as cursor:
        cursor.execute("create temp table lines (n int, words text)")
        with cursor.copy("copy lines from stdin") as copy:
            copy.write(lines)
        with cursor.copy("copy lines to stdout") as copy:
            for data in copy:
                copied.write(data)

    assert copied.getvalue().decode() == lines


def test_a_client_that_does_not_read_stops_the_server_and_not_the_proxy(through: Address) -> None:
    with psycopg.connect(through.url) as slow, psycopg.connect(through.url) as quick:
        slow.pgconn.send_query(b"select repeat('x', 1000) from generate_series(1, 200000)")

        assert quick.execute("select 1").fetchone() == (1,)
        waits = (
            "select from pg_stat_activity where query like 'select repeat%' and wait_event = 'ClientWrite'"
        )
        wait_for(lambda: quick.execute(waits).fetchone() is not None, "the server waits for the client")
        slow.pgconn.finish()


def test_cancelling_stops_the_statement_of_that_client_only(through: Address) -> None:
    with psycopg.connect(through.url) as one, psycopg.connect(through.url) as other:
        timer = threading.Timer(0.5, one.cancel_safe)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            one.execute("select pg_sleep(30)")
        timer.join()

        assert other.execute("select 1").fetchone() == (1,)


def test_notices_parameters_and_notifications_arrive(through: Address) -> None:
    heard: list[str] = []

    with psycopg.connect(through.url, autocommit=True) as listener:
        listener.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        listener.execute("listen news")
        listener.execute("do $$ begin raise notice 'attention'; end $$")
        listener.execute("set application_name = 'renamed'")
        through.query("select pg_notify('news', 'it came')")
        notification = next(listener.notifies(timeout=10, stop_after=1))

        renamed = listener.info.parameter_status("application_name")

    assert (heard, notification.payload, renamed) == (["attention"], "it came", "renamed")


def test_a_backend_that_is_ended_ends_the_connection_with_its_words(
    through: Address, postgres_server: Address
) -> None:
    with psycopg.connect(through.url) as connection:
        postgres_server.query("select pg_terminate_backend(%s)", (connection.info.backend_pid,))

        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("select 1")


def test_a_client_that_goes_leaves_no_backend(through: Address, postgres_server: Address) -> None:
    connection = psycopg.connect(through.url)
    pid = connection.info.backend_pid
    connection.pgconn.finish()
    connection.close()

    there = "select from pg_stat_activity where pid = %s"
    wait_for(lambda: postgres_server.query(there, (pid,)) == [], "the backend ends")
