"""What a Singer run asks of the database: queue records, wait for their ends, list those that have failed."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from quickbooks_core.errors import QuickBooksError
from quickbooks_core.postgres.statements import Names
from quickbooks_core.writing import encoded

from target_quickbooks.job import Job, job_of
from target_quickbooks.singer.records import Asked

_DONE = "quickbooks_done"
_LOOK_S = 0.5
_ATTEMPTS = 5


class TooSlow(QuickBooksError):
    """QuickBooks did not answer for too long."""

    advice = "They stay in the queue: a worker or the next run goes on with them, and nothing is done twice."


class Intake:
    """One run's changes in the queue of one mirror."""

    def __init__(self, url: str, names: Names, run_id: str) -> None:
        self.origin = f"singer {run_id}"
        self.unchanged: Counter[str] = Counter()
        self._names = names
        self._named: set[int] = set()  # queued by somebody else, and waited for here
        self._connection = psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name="target-quickbooks"
        )
        set_json_loads(partial(json.loads, parse_float=Decimal), self._connection)
        self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(_DONE)))

    def close(self) -> None:
        """Gives the connection back."""
        self._connection.close()

    def queue(self, table: str, changes: Sequence[Asked]) -> None:
        """All of them or, where the database cannot, none."""
        for row in self._queued(table, changes):
            if row["became"] == "unchanged":
                self.unchanged[table] += 1
            elif row["became"] == "repeated":
                self._named.add(row["number"])

    def name(self, numbers: Sequence[int]) -> None:
        """Changes that others have queued: only their end is waited for."""
        self._named.update(numbers)

    def trial(self, table: str, changes: Sequence[Asked]) -> list[Job]:
        """What would be queued, and leaves nothing."""
        with self._connection.transaction(force_rollback=True):
            numbers = [row["number"] for row in self._queued(table, changes) if row["became"] == "queued"]
            rows = self._rows(
                "SELECT *, NULL AS lost_s FROM {mirror}._sync_queue WHERE queue_id = ANY (%s) AND status = 'pending' "
                "ORDER BY queue_id",
                numbers,
            )
            return [job_of(row, ()) for row in rows]

    def wait(self, patience_s: float, check: Callable[[], None]) -> None:
        """Until all have ended; raises TooSlow when none has for too long, and what `check` raises."""
        last, since = -1, time.monotonic()
        while left := self._left():
            check()
            if left != last:
                last, since = left, time.monotonic()
            if time.monotonic() - since > patience_s:
                raise TooSlow(f"{left} changes have no answer, and none got one for {patience_s:.0f} s")
            for _ in self._connection.notifies(timeout=_LOOK_S, stop_after=1):
                pass

    def ends(self) -> Mapping[tuple[str, str, str], int]:
        """How many (table, operation, status)."""
        rows = self._rows(
            "SELECT table_name, operation, status, count(*) AS times FROM {mirror}._sync_queue "
            "WHERE asked_from = %s OR queue_id = ANY (%s) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            self.origin,
            list(self._named),
        )
        return {(row["table_name"], row["operation"], row["status"]): row["times"] for row in rows}

    def failures(self) -> Iterator[Mapping[str, Any]]:
        """Those that have certainly not been done, in their order."""
        with (
            self._connection.transaction(),
            self._connection.cursor("failures", row_factory=dict_row) as cursor,
        ):
            yield from cursor.execute(
                self._names.text(
                    "SELECT table_name, operation, id, key, changed, sqlstate, error, detail, hint, error_column "
                    "FROM {mirror}._sync_queue WHERE (asked_from = %s OR queue_id = ANY (%s)) AND status = 'failed' "
                    "ORDER BY table_name, queue_id"
                ),
                [self.origin, list(self._named)],
            )

    def _queued(self, table: str, changes: Sequence[Asked]) -> list[dict[str, Any]]:
        content = encoded([change.as_json() for change in changes]).decode()
        for attempt in range(_ATTEMPTS):
            try:
                return self._rows(
                    "SELECT * FROM {load}.enqueue_records(%s, %s::jsonb, %s, %s)",
                    table, content, self.origin, self.origin,
                )  # fmt: skip
            except psycopg.errors.DeadlockDetected:  # with one who queues the same rows in another order
                if attempt + 1 == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _left(self) -> int:
        (row,) = self._rows(
            "SELECT count(*) AS times FROM {mirror}._sync_queue WHERE status IN ('pending', 'sending') "
            "AND (asked_from = %s OR queue_id = ANY (%s))",
            self.origin,
            list(self._named),
        )
        return int(row["times"])

    def _rows(self, statement: LiteralString, *values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self._names.text(statement), values).fetchall()
