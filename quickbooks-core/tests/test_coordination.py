"""The shared store in Postgres when its database goes away: an error to retry, and none after a request was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from quickbooks_core.client.postgres_store import PostgresStore
from quickbooks_core.errors import StoreLost
from quickbooks_demo.database import Address, drop_database
from quickbooks_demo.testing import Database


@pytest.fixture
def store(database: Database) -> Iterator[PostgresStore]:
    opened = PostgresStore(database.superuser.url)
    yield opened
    opened.close()


def cut(server: Address, database: Database) -> None:
    """Ends every connection to the database, as a restart of the server does."""
    server.query(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", (database.name,)
    )


def test_a_place_whose_connection_is_lost_is_free_and_freeing_it_is_no_error(
    store: PostgresStore, database: Database, postgres_server: Address
) -> None:
    free = store.take_any("company", [0])
    assert free
    cut(postgres_server, database)

    # This comes after a request that may have written: an error here would have it sent again.
    free()

    again = store.take_any("company", [0])
    assert again
    again()


def test_a_value_that_is_lost_while_it_is_held_is_an_error_to_retry(
    store: PostgresStore, database: Database, postgres_server: Address
) -> None:
    def write_too_late() -> None:
        with store.hold("tokens") as slot:
            cut(postgres_server, database)
            slot.write(b"secret value")

    with pytest.raises(StoreLost) as lost:
        write_too_late()

    assert "QUICKBOOKS_COORDINATION_URL" in str(lost.value)
    assert "secret value" not in str(lost.value)
    with store.hold("tokens") as slot:
        assert slot.read() is None


def test_a_database_that_is_gone_is_an_error_without_its_address(
    store: PostgresStore, database: Database, postgres_server: Address
) -> None:
    drop_database(postgres_server, database.name)

    with pytest.raises(StoreLost) as lost, store.hold("tokens"):
        pass

    assert str(lost.value) == (
        "The database of QUICKBOOKS_COORDINATION_URL gave no answer (OperationalError). Check that database; "
        "the next run goes on where this one stopped."
    )


def test_an_error_of_the_holder_stays_what_it_is(store: PostgresStore) -> None:
    with pytest.raises(KeyError), store.hold("tokens"):
        raise KeyError

    with store.hold("tokens") as slot:
        slot.write(b"next")
        assert slot.read() == b"next"
