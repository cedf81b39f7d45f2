"""A mirror with a queue, the sandbox behind it, and the worker as a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from quickbooks_core.catalog import by_table
from quickbooks_core.client import Client, open_client
from quickbooks_core.mapping import to_row
from quickbooks_core.settings import Connection
from quickbooks_core.writing import encoded

from quickbooks_demo.child import Child
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, Outcome, run
from quickbooks_demo.waiting import wait_for

Row = dict[str, Any]


@dataclass
class Books:
    """A mirror of the sandbox's company, to which changes are queued."""

    database: Database
    sandbox: Sandbox
    environment: dict[str, str]
    client: Client
    home: Path
    started: list[Child] = field(default_factory=list)
    _connection: psycopg.Connection[Any] | None = field(default=None, init=False)

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Rows, as the superuser sees them."""
        cursor = self._connected().execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection:
            self._connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        """One for all questions, made anew where the server was killed: tests ask often."""
        if self._connection is None or self._is_lost(self._connection):
            self._connection = psycopg.connect(
                self.database.superuser.url, autocommit=True, prepare_threshold=None
            )
        return self._connection

    @staticmethod
    def _is_lost(connection: psycopg.Connection[Any]) -> bool:
        try:
            connection.execute("SELECT")
        except psycopg.OperationalError:
            connection.close()
        return connection.closed

    def mirror(self, *tables: str, position: int = 1) -> None:
        """Fills tables as a sync would, a page of each."""
        for table in tables:
            entity = by_table(table)
            answer = self.client.query(
                f"select * from {entity.name} startposition {position} maxresults 1000"
            )
            at = answer.time.isoformat()
            rows = [
                {**to_row(entity, document), "_sync_read_at": at} for document in answer.documents(entity)
            ]
            self.query(
                f"INSERT INTO quickbooks_load.{table} SELECT * FROM jsonb_populate_recordset("
                f"NULL::quickbooks_load.{table}, %s::jsonb)",
                encoded(rows).decode(),
            )

    def enqueue(
        self, table: str, doing: str, id: str | None = None, /, key: str | None = None, **values: Any
    ) -> int:
        """Asks for a change; its number."""
        number: int = self.query(
            "SELECT quickbooks_load.enqueue(%s, %s, %s, %s::jsonb, %s)",
            table, doing, id, encoded(values).decode(), key,
        )[0][0]  # fmt: skip
        return number

    def change(self, number: int) -> Row:
        """A row of the queue."""
        with self._connected().cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("SELECT * FROM _sync_queue WHERE queue_id = %s", [number]).fetchone()
        assert row is not None
        return row

    def status(self, *numbers: int) -> list[str]:
        """What has become of changes."""
        found = dict(
            self.query("SELECT queue_id, status FROM _sync_queue WHERE queue_id = ANY (%s)", list(numbers))
        )
        return [found[number] for number in numbers]

    def drain(self, *options: str, **environment: str) -> Outcome:
        """The worker, until nothing is left that may be sent now."""
        variables: dict[str, Any] = {**self.environment, **environment}
        return run("target-quickbooks", "--drain", *options, **variables)

    @contextmanager
    def following(self, *options: str, name: str = "worker", **environment: str) -> Iterator[Child]:
        """The worker, as long as the block lasts."""
        home = self.home / name
        home.mkdir(exist_ok=True)
        variables = {**clean_environment(), **self.environment, **environment}
        child = start_forked(["target-quickbooks", "--follow", *options], home, variables)
        try:
            yield child
        finally:
            child.stop()

    def wait(self, *numbers: int, status: str = "done", patience_s: float = 60) -> None:
        """Until changes have become something."""
        wait_for(lambda: set(self.status(*numbers)) == {status}, f"{numbers} {status}", patience_s)

    def documents(self, table: str, condition: str = "") -> list[dict[str, Any]]:
        """What QuickBooks has."""
        entity = by_table(table)
        where = f" where {condition}" if condition else ""
        return self.client.query(f"select * from {entity.name}{where} maxresults 1000").documents(entity)

    def writes(self) -> int:
        """Requests that could have changed something."""
        return sum(
            count for line, count in self.sandbox.look("requests")["counts"].items() if "write" in line
        )


@pytest.fixture
def books(migrated: Database, connected: dict[str, str], sandbox: Sandbox, tmp_path: Path) -> Iterator[Books]:
    """A mirror that holds the demo company, still empty, and a worker that may write for it."""
    with opened(migrated, connected, sandbox, tmp_path) as found:
        yield found


@contextmanager
def opened(database: Database, connected: dict[str, str], sandbox: Sandbox, home: Path) -> Iterator[Books]:
    """The books of a migrated database and a sandbox."""
    database.superuser.query(
        "INSERT INTO _sync_company (environment, realm_id) VALUES ('sandbox', %s)",
        (connected["QUICKBOOKS_REALM_ID"],),
    )
    worker = database.login("quickbooks_worker")
    environment = {
        **connected, "QUICKBOOKS_THROTTLE": "off", "DATABASE_URL": worker.url, "QUICKBOOKS_SECOND_LOOK_S": "3",
    }  # fmt: skip
    settings = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in environment.items()}
    with (
        open_client(Connection.from_mapping(settings)) as client,
        closing(Books(database, sandbox, environment, client, home)) as books,
    ):
        yield books
