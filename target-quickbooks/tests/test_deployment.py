"""A copy of the database writes nothing until somebody adopts its queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from quickbooks_demo.database import create_database, drop_database
from quickbooks_demo.testing import run


@contextmanager
def a_clone(books: Any) -> Iterator[Any]:
    """The same mirror in another database, with a worker that has the same configuration."""
    superuser = books.database.superuser
    books.close()  # nobody may be in a database that is copied
    create_database(superuser.on("postgres"), "a_clone", superuser.database)
    try:
        database = replace(
            books.database,
            superuser=superuser.on("a_clone"),
            migration=books.database.migration.on("a_clone"),
        )
        url = database.login("quickbooks_worker").url
        environment = {**books.environment, "DATABASE_URL": url}
        with closing(replace(books, database=database, environment=environment)) as clone:
            yield clone
    finally:
        drop_database(superuser.on("postgres"), "a_clone")


def adopt(books: Any, *options: str) -> Any:
    environment = {**books.environment, "DATABASE_URL": books.database.superuser.url}
    return run("quickbooks", "queue", "adopt", *options, **environment)


def test_a_clone_writes_nothing_until_it_is_adopted(books: Any) -> None:
    done = books.enqueue("customer", "create", display_name="Before")
    books.drain()
    waiting = books.enqueue("customer", "create", display_name="Waiting")
    under_way = books.enqueue("customer", "create", display_name="Under way")
    books.query(
        "UPDATE _sync_queue SET status = 'sending', lease_until = now() WHERE queue_id = %s", under_way
    )
    with a_clone(books) as clone:
        refused = clone.drain()
        before = clone.status(done, waiting, under_way)

        adopted = adopt(clone)
        drained = clone.drain()

        assert (refused.code, before) == (1, ["done", "pending", "sending"])
        assert "The database is a copy of the one that its queue belongs to" in refused.err
        assert "1 changes wait to be sent; 1 were under way and are unknown now" in adopted.out, adopted
        assert clone.status(done, waiting, under_way) == ["done", "done", "unknown"], drained
    assert len(books.documents("customer", "DisplayName in ('Before', 'Waiting', 'Under way')")) == 2


def test_a_copy_undoes_nothing_for_transactions_of_the_first(books: Any) -> None:
    with psycopg.connect(books.database.superuser.url) as client:
        ((transaction,),) = client.execute("SELECT pg_current_xact_id()::text").fetchall()
        ((number,),) = books.query(
            "SELECT quickbooks_load.enqueue('vendor', 'create', new_values => %s::jsonb, in_transaction => %s)",
            '{"display_name": "Open"}', transaction,
        )  # fmt: skip
        books.drain()
        client.rollback()
    with a_clone(books) as clone:
        adopt(clone)
        clone.drain()

        change = clone.change(number)
        assert (change["status"], change["fate"]) == ("done", "not_undone")
        assert change["fate_reason"] == "Its transaction was open when the queue was adopted"
        assert clone.query("SELECT count(*) FROM _sync_queue") == [(1,)]
    assert len(books.documents("vendor", "DisplayName = 'Open'")) == 1


def test_the_first_host_stops_when_another_database_was_adopted_there(books: Any) -> None:
    books.enqueue("customer", "create", display_name="Before")
    books.drain()
    with a_clone(books) as clone:
        adopt(clone)

    refused = books.drain()

    assert refused.code == 1
    assert "writes for another database" in refused.err


def test_a_second_host_joins_by_word_only(books: Any, tmp_path: Any) -> None:
    books.enqueue("customer", "create", display_name="Before")
    books.drain()
    state = tmp_path / "second host"
    elsewhere = {
        "QUICKBOOKS_STATE_DIR": str(state),
        "QUICKBOOKS_REFRESH_TOKEN": books.sandbox.connect().refresh_token,
    }
    stranger = replace(books, environment={**books.environment, **elsewhere})
    number = books.enqueue("customer", "create", display_name="By the second")

    refused = stranger.drain()
    adopt(stranger, "--join")
    drained = stranger.drain()

    assert (refused.code, "has no note of its queue" in refused.err) == (1, True), refused
    assert books.status(number) == ["done"], drained
