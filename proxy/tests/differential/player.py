"""QuickBooks as it would be if it refused nothing: it takes the changes from the queue and answers each as it was asked.

Queue, database and proxy are the real ones; the changes are taken and ended by the database's own functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Lock, Thread
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Deletion
from quickbooks_core.writing import Action, encoded

from .copies import SERVERS_OWN, TABLES, Row

_NAME = "the player"
_TOGETHER = [f"{action.value} {table}" for action in Action for table in TABLES]
_AT_ONCE = 30


class Player:
    """Has the documents, and makes of each change a new version of one. `expect` says which ids new rows get."""

    def __init__(self, url: str, documents: dict[str, dict[str, Row]]) -> None:
        self.documents = documents
        self._expected: list[tuple[str, Row]] = []
        self._lock = Lock()
        self._is_over = False
        self._made = 0
        self._failure: Exception | None = None
        self._connection: psycopg.Connection[dict[str, Any]] = psycopg.connect(
            url, autocommit=True, row_factory=dict_row
        )
        set_json_loads(partial(json.loads, parse_float=Decimal), self._connection)
        (state,) = self._rows("SELECT * FROM quickbooks_load.deployment_state()")
        self._deployment = state["deployment_id"]
        self._rows("SELECT quickbooks_load.bind_deployment(%s)", self._deployment)

    @contextmanager
    def playing(self, url: str) -> Iterator[None]:
        """Answers in a thread, as long as the block lasts."""
        with psycopg.connect(url, autocommit=True) as listening:
            listening.execute("LISTEN quickbooks_queue")
            thread = Thread(target=self._play, args=[listening])
            thread.start()
            try:
                yield
            finally:
                self._is_over = True
                thread.join()
                self._connection.close()

    def expect(self, rows: list[tuple[str, Row]]) -> None:
        """New rows like these are given the ids that these have."""
        with self._lock:
            self._expected = list(rows)

    def settle(self) -> None:
        """Until everything is undone that a client has rolled back."""
        while True:
            with self._lock:
                self._rows("SELECT quickbooks_load.follow_transactions()")
                self._rows("SELECT quickbooks_load.merge_waiting()")
            self._work()
            (left,) = self._rows(
                "SELECT count(*) AS number FROM _sync_queue WHERE status IN ('pending', 'sending') OR fate = 'rolled_back'"
            )
            if not left["number"]:
                return

    def _play(self, listening: psycopg.Connection[Any]) -> None:
        while not self._is_over and not self._failure:
            with suppress(psycopg.Error):  # `settle` raises it
                self._work()
            for _ in listening.notifies(timeout=0.3, stop_after=1):
                pass

    def _work(self) -> None:
        if self._failure:
            raise self._failure
        try:
            with self._lock:
                while claimed := self._rows(
                    "SELECT * FROM quickbooks_load.claim_changes(%s, %s, %s, %s, %s::int, 1) ORDER BY queue_id",
                    self._deployment, _NAME, timedelta(minutes=1), _TOGETHER, _AT_ONCE,
                ):  # fmt: skip
                    for change in claimed:
                        self._end(change)
        except psycopg.Error as failure:
            self._failure = failure
            raise

    def _end(self, change: Row) -> None:
        number, at = change["queue_id"], datetime.now(UTC)
        if change["operation"] == "read":
            found = [self.documents[change["table_name"]].get(id) for id in change["changed"]["ids"]]
            rows = [row for row in found if row]
            self._rows("SELECT quickbooks_load.finish_reading(%s, %s, %s::jsonb, %s)",
                       number, _NAME, encoded(rows).decode(), at)  # fmt: skip
            return
        self._rows("SELECT quickbooks_load.note_request(%s, %s, %s, NULL, 'POST', 'played', '{}', '', %s)",
                   number, _NAME, f"{number}", at)  # fmt: skip
        id, row = self._changed(change, at)
        self._rows("SELECT quickbooks_load.finish_change(%s, %s, %s, %s::jsonb, %s, '')",
                   number, _NAME, id, encoded(row).decode() if row else None, datetime.now(UTC))  # fmt: skip

    def _changed(self, change: Row, at: datetime) -> tuple[str, Row | None]:
        """The id and the new version; none where it is gone."""
        table, id = change["table_name"], change["id"]
        documents = self.documents[table]
        wanted = {name: value for name, value in change["changed"].items() if name != "sync_token"}
        if change["operation"] == "delete":
            # A name would only be inactive, but what is rolled back is to leave nothing here.
            if by_table(table).deletion is Deletion.HARD or change["undoes"]:
                documents.pop(id, None)
                return id, None
            wanted = {"active": False}
        if change["operation"] == "create":
            id = self._new_id(table, wanted)
            documents[id] = {"id": id, "sync_token": "-1", "created_at": at.isoformat()}
        token = str(int(documents[id]["sync_token"]) + 1)
        documents[id] = {**documents[id], **wanted, "sync_token": token, "updated_at": at.isoformat()}
        return id, documents[id]

    def _new_id(self, table: str, wanted: Row) -> str:
        """That of an equal row of the plain copy; one of its own, which will be seen, where there is none."""
        for place, (where, row) in enumerate(self._expected):
            asked = {name: value for name, value in row.items() if name not in SERVERS_OWN}
            if where == table and {n: v for n, v in asked.items() if v is not None} == wanted:
                del self._expected[place]
                return str(row["id"])
        self._made += 1
        return f"qbk_{by_table(table).prefix}{900_000 + self._made}"

    def _rows(self, statement: str, *values: Any) -> list[Row]:
        cursor = self._connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []
