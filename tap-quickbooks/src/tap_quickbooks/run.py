"""One run of the tap: who it is, what it has emitted, and its first and last word to the database.

The loader empties its streams in no order. So every record carries its run and its place in its stream, and
the last word announces how far each stream goes; the database closes the run when all of it has been merged.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.mapping import our_id
from quickbooks_core.reading.pages import Window
from quickbooks_core.schema import DELETES_STREAM, INTERNAL, RUN_STREAM, SWEEP_STREAM, internal_schema

from tap_quickbooks.bookmarks import FORM, Bookmark, State, text, written
from tap_quickbooks.messages import write_records, write_schema, write_state

Row = dict[str, Any]

_SLOW = timedelta(seconds=5)  # what an answer may take without a doubt about the clock


@dataclass(frozen=True)
class Intent:
    """What a run is about to do: columns by table; on which moment it builds; which columns it adds; what it drops."""

    selected: Mapping[str, Sequence[str]]
    followed: Mapping[str, datetime] = field(default_factory=dict)
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dropped: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As the first and the last word have it."""
        return {
            "selected": {table: sorted(columns) for table, columns in self.selected.items()},
            "followed": {table: text(since) for table, since in self.followed.items()},
            "added": {table: sorted(columns) for table, columns in self.added.items()},
            "dropped": sorted(self.dropped),
        }


@dataclass(frozen=True)
class Cost:
    """Requests by kind, of the whole run; questions by table; and what was asked for all tables at once."""

    calls: Mapping[str, int]
    questions: Mapping[str, int]
    together: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        calls = ", ".join(f"{times} {kind}" for kind, times in sorted(self.calls.items()))
        items = self.together.get("batch_items")
        return f"Calls of the API: {calls}" + (f"; {items} questions in batches" if items else "")


@dataclass
class Run:
    """The identity and the counters of one run."""

    environment: str
    realm_id: str
    previous_state: State
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _reached: dict[str, int] = field(default_factory=dict)
    _uncertain: dict[str, str] = field(default_factory=dict)
    _intent: Intent = field(default_factory=lambda: Intent({}))
    _read_until: str = ""
    _ahead: timedelta = timedelta()

    @property
    def previous_run_id(self) -> str:
        """The run on which the given state builds; empty when everything is to be read."""
        return str(self.previous_state.get("quickbooks", {}).get("run_id", ""))

    def open(self, intent: Intent) -> None:
        """The first word: what is to come."""
        self._intent = intent
        for stream, (_, keys) in INTERNAL.items():
            write_schema(stream, internal_schema(stream), keys)
        if self.previous_state:
            write_state(self.previous_state)
        self._say("open", Cost({}, {}), {})

    def go_on(self, at: datetime) -> None:
        """Begins at a moment of QuickBooks' clock; where that was set back, the mirror's goes on from where it stood.

        Else what is read now would be older than what the mirror has, and nothing that is gone would go.
        """
        self._read_until = str(self.previous_state.get("quickbooks", {}).get("read_until", ""))
        if self._read_until and (ahead := datetime.fromisoformat(self._read_until) - at) > _SLOW:
            self._ahead = ahead

    def begin(self, table: str) -> None:
        """A stream begins, of which there may be no row."""
        self._reached.setdefault(table, 0)

    def emit(self, table: str, rows: list[Row], read_at: datetime) -> None:
        """Marks rows of one answer and writes them."""
        mark, at, place = self._mark, self._moment(read_at), self._reached.get(table, 0)
        for row in rows:
            place += 1
            row["_sync_run"] = mark
            row["_sync_seq"] = place
            row["_sync_read_at"] = at
        self._reached[table] = place
        write_records(table, rows)

    def found(self, table: str, window: Window, ids: list[str], read_at: datetime) -> None:
        """Says that exactly these ids existed in a window of creation times."""
        row = {
            "table_name": table,
            "page": self._reached.get(SWEEP_STREAM, 0) + 1,
            "created_from": text(window.start),
            "created_to": text(window.end),
            "ids": ids,
            "read_at": self._moment(read_at),
        }
        self.emit(SWEEP_STREAM, [row], read_at)

    def gone(self, entity: Entity, ids: Iterable[str], read_at: datetime) -> None:
        """Says that QuickBooks has deleted these."""
        rows = [
            {"table_name": entity.table, "id": our_id(entity, id), "read_at": self._moment(read_at)}
            for id in ids
        ]
        self.emit(DELETES_STREAM, rows, read_at)

    def doubt(self, table: str, reason: str) -> None:
        """A stream may lack rows: nothing is deleted for its sake."""
        self._uncertain[table] = reason

    def close(self, cost: Cost, bookmarks: Mapping[str, Bookmark]) -> None:
        """The last word, with what the run has cost, and only then the state that names it, and all its tables."""
        self._say("close", cost, bookmarks)
        write_state(
            {
                "bookmarks": {
                    table: written(bookmark)
                    for table, bookmark in {**dict.fromkeys(self._intent.selected), **bookmarks}.items()
                },
                "quickbooks": {
                    "run_id": self.run_id,
                    "realm_id": self.realm_id,
                    "environment": self.environment,
                    "form": FORM,
                    "read_until": self._read_until,
                },
            }
        )

    def _moment(self, read_at: datetime) -> str:
        moment = str(text(read_at + self._ahead))
        self._read_until = max(self._read_until, moment)
        return moment

    @property
    def _mark(self) -> str:
        return f"{self.environment}:{self.realm_id}:{self.run_id}:{self.previous_run_id}"

    def _say(self, event: str, cost: Cost, bookmarks: Mapping[str, Bookmark]) -> None:
        now = datetime.now(UTC)
        word = {
            "run_id": self.run_id,
            "event": event,
            "realm_id": self.realm_id,
            "environment": self.environment,
            "previous_run_id": self.previous_run_id,
            "at": text(now),
            "streams": dict(self._reached),
            "bookmarks": {table: text(bookmark.since) for table, bookmark in bookmarks.items()},
            "calls": dict(cost.calls),
            "questions": dict(cost.questions),
            "together": dict(cost.together),
            "counts": {table: self._reached.get(table, 0) for table in self._intent.selected},
            "uncertain": dict(self._uncertain),
            **self._intent.as_json(),
            "tap_version": version("tap-quickbooks"),
            "_sync_run": self._mark,
            "_sync_seq": 0,
            "_sync_read_at": text(now),
        }
        write_records(RUN_STREAM, [word])
