"""The store in Postgres: what several machines share for one company.

Locks last as long as a transaction, so that a connection pooler between us and Postgres does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue

import psycopg

from quickbooks_core.client.stores import Slot
from quickbooks_core.errors import StoreLost

_TABLE = "quickbooks_coordination"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('quickbooks_coordination'), hashtext(%s))"
_TAKE = (
    "SELECT number FROM unnest(%s::int[]) AS number "
    "WHERE pg_try_advisory_xact_lock(hashtext(%s), number) LIMIT 1"
)
_CREATE = f"CREATE TABLE IF NOT EXISTS {_TABLE} (name text PRIMARY KEY, value bytea NOT NULL)"
_READ = f"SELECT value FROM {_TABLE} WHERE name = %s"
_WRITE = (
    f"INSERT INTO {_TABLE} (name, value) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_Connection = psycopg.Connection[tuple[object, ...]]


class PostgresStore:
    """Values as rows of the table `quickbooks_coordination`, in the first schema of the search path."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: LifoQueue[_Connection] = LifoQueue()
        with self._transaction() as connection:
            exists = connection.execute("SELECT to_regclass(%s)", [_TABLE]).fetchone()
            if not exists or exists[0] is None:
                connection.execute(_LOCK, ["table"])
                connection.execute(_CREATE)

    @contextmanager
    def hold(self, name: str) -> Iterator[Slot]:
        """Under an advisory lock, which ends with the connection of the process that holds it."""
        with self._transaction() as connection:
            connection.execute(_LOCK, [name])
            yield _Row(connection, name)

    def take_any(self, name: str, numbers: Sequence[int]) -> Callable[[], None] | None:
        """A place is an advisory lock; its transaction stays open as long as the place is taken."""
        transaction = self._transaction()
        connection = transaction.__enter__()
        found = False
        try:
            found = connection.execute(_TAKE, [list(numbers), name]).fetchone() is not None
        finally:
            if not found:
                transaction.__exit__(None, None, None)
        return (lambda: _end(transaction)) if found else None

    def close(self) -> None:
        """Closes the connections that are idle."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    @contextmanager
    def _transaction(self) -> Iterator[_Connection]:
        connection = self._borrow()
        try:
            yield connection
            connection.commit()
        except psycopg.Error as failure:
            connection.close()
            raise _lost(failure) from None
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)

    def _connect(self) -> _Connection:
        try:
            return psycopg.connect(self._url, connect_timeout=10)
        except psycopg.Error as failure:
            raise _lost(failure) from None

    def _borrow(self) -> _Connection:
        while True:
            try:
                connection = self._idle.get_nowait()
            except Empty:
                return self._connect()
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError:
                connection.close()  # it died while idle
            else:
                return connection


def _end(transaction: object) -> None:
    # A place ends with its connection. Whoever held it has sent a request, and would send it again for an error.
    with suppress(StoreLost):
        transaction.__exit__(None, None, None)  # type: ignore[attr-defined]  # a context manager entered by hand


def _lost(failure: psycopg.Error) -> StoreLost:
    """Only the kind of failure: the text of some would repeat the URL, and with it the password."""
    kind = failure.sqlstate or type(failure).__name__
    return StoreLost(f"The database of QUICKBOOKS_COORDINATION_URL gave no answer ({kind})")


class _Row:
    def __init__(self, connection: _Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def read(self) -> bytes | None:
        row = self._connection.execute(_READ, [self._name]).fetchone()
        return bytes(row[0]) if row and isinstance(row[0], bytes | memoryview) else None

    def write(self, value: bytes, *, durable: bool = True) -> None:
        if not durable:
            self._connection.execute("SET LOCAL synchronous_commit = off")
        self._connection.execute(_WRITE, [self._name, value])
        if durable:
            # The value must be safe before the caller goes on; the lock ends with the transaction, so take it again.
            self._connection.execute("SET LOCAL synchronous_commit = on")
            self._connection.commit()
            self._connection.execute(_LOCK, [self._name])
