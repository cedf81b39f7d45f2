"""What the processes of one company share: small named values under a lock.

Two stores: files, for one machine, and a Postgres table, for several.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from quickbooks_core.errors import NotConfigured
from quickbooks_core.settings import Connection


class Slot(Protocol):
    """A named value while it is held by us alone."""

    def read(self) -> bytes | None:
        """The value, or None if there is none yet."""

    def write(self, value: bytes, *, durable: bool = True) -> None:
        """Replaces the value; when this returns and it is durable, a power cut does not lose it."""


class Store(Protocol):
    """Where named values are kept."""

    def hold(self, name: str) -> AbstractContextManager[Slot]:
        """Holds a value: nobody else reads or writes it meanwhile, in no thread and no process."""


class FileStore:
    """Values as files of a directory that only we can read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def hold(self, name: str) -> Iterator[Slot]:
        """Under a lock of the file system, which ends with the process that holds it."""
        with (self._directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _File(self._directory / name)


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        return self._path.read_bytes() if self._path.exists() else None

    def write(self, value: bytes, *, durable: bool = True) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(descriptor, "wb") as out:
            out.write(value)
            if durable:
                out.flush()
                os.fsync(descriptor)
        Path(name).replace(self._path)
        if durable:
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)


_TABLE = "CREATE TABLE IF NOT EXISTS quickbooks_coordination (name text PRIMARY KEY, value bytea NOT NULL)"


class PostgresStore:
    """Values as rows of the table `quickbooks_coordination`, in the first schema of the search path."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._psycopg: Any = psycopg
        self._url = url
        with psycopg.connect(url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('quickbooks_coordination'))")
            connection.execute(_TABLE)

    @contextmanager
    def hold(self, name: str) -> Iterator[Slot]:
        """Under an advisory lock of one transaction."""
        with self._psycopg.connect(self._url) as connection:
            connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('quickbooks_coordination'), hashtext(%s))", [name]
            )
            yield _Row(connection, name)


class _Row:
    def __init__(self, connection: Any, name: str) -> None:
        self._connection = connection
        self._name = name

    def read(self) -> bytes | None:
        query = "SELECT value FROM quickbooks_coordination WHERE name = %s"
        row = self._connection.execute(query, [self._name]).fetchone()
        return bytes(row[0]) if row else None

    def write(self, value: bytes, *, durable: bool = True) -> None:
        if not durable:
            self._connection.execute("SET LOCAL synchronous_commit = off")
        self._connection.execute(
            "INSERT INTO quickbooks_coordination (name, value) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [self._name, value],
        )
        if durable:
            # The lock belongs to the transaction, and the value must be safe before the caller goes on.
            self._connection.commit()
            self._connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('quickbooks_coordination'), hashtext(%s))", [self._name]
            )


def open_store(connection: Connection) -> Store:
    """The store that the settings name; raises NotConfigured when it cannot be used."""
    if not connection.coordination_url:
        try:
            return FileStore(Path(connection.state_dir))
        except OSError as failure:
            raise NotConfigured(f"the state directory {connection.state_dir} cannot be used: {failure}") from None
    try:
        return PostgresStore(connection.coordination_url)
    except ImportError:
        raise NotConfigured("coordination_url needs the package quickbooks-core[postgres]") from None
    except Exception as failure:
        if type(failure).__module__.startswith("psycopg"):
            raise NotConfigured(f"coordination_url cannot be used: {str(failure).strip()}") from None
        raise
