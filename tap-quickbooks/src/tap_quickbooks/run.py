"""One run of the tap: who it is, what it has emitted, and its first and last word to the database.

The loader empties its streams in no order. So every record carries its run and its place in its stream, and
the last word announces how far each stream goes; the database closes the run when all of it has been merged.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from quickbooks_core.schema import INTERNAL, RUN_STREAM, SWEEP_STREAM, internal_schema

from tap_quickbooks.messages import write_records, write_schema, write_state
from tap_quickbooks.pages import Window

Row = dict[str, Any]


@dataclass
class Run:
    """The identity and the counters of one run."""

    environment: str
    realm_id: str
    previous_state: Mapping[str, Any]
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _reached: dict[str, int] = field(default_factory=dict)
    _read_at: dict[str, datetime] = field(default_factory=dict)
    _uncertain: dict[str, str] = field(default_factory=dict)
    _selected: dict[str, list[str]] = field(default_factory=dict)

    @property
    def previous_run_id(self) -> str:
        """The run on which the given state builds; empty when everything is to be read."""
        return str(self.previous_state.get("quickbooks", {}).get("run_id", ""))

    def open(self, selected: Mapping[str, Sequence[str]]) -> None:
        """The first word: which columns of which tables are to come."""
        self._selected = {table: sorted(columns) for table, columns in selected.items()}
        for stream, (_, keys) in INTERNAL.items():
            write_schema(stream, internal_schema(stream), keys)
        if self.previous_state:
            write_state(self.previous_state)
        self._say("open", {}, {})

    def begin(self, table: str, read_at: datetime) -> None:
        """A stream begins; `read_at` is the time of its first answer, which is its bookmark."""
        self._reached[table] = 0
        self._read_at[table] = read_at

    def emit(self, table: str, rows: list[Row], read_at: datetime) -> None:
        """Marks rows of one answer and writes them."""
        mark, at, place = self._mark, _text(read_at), self._reached.get(table, 0)
        for row in rows:
            place += 1
            row["_sync_run"] = mark
            row["_sync_seq"] = place
            row["_sync_read_at"] = at
        self._reached[table] = place
        write_records(table, rows)

    def found(self, table: str, window: Window, ids: list[str], read_at: datetime) -> None:
        """Says that exactly these ids existed in a window."""
        row = {
            "table_name": table,
            "page": self._reached.get(SWEEP_STREAM, 0) + 1,
            "created_from": _text(window.start),
            "created_to": _text(window.end),
            "ids": ids,
            "read_at": _text(read_at),
        }
        self.emit(SWEEP_STREAM, [row], read_at)

    def doubt(self, table: str, reason: str) -> None:
        """A stream may lack rows: nothing is deleted for its sake."""
        self._uncertain[table] = reason

    def close(self, calls: Mapping[str, int], questions: Mapping[str, int]) -> None:
        """The last word, with what the run has cost by kind and by table, and only then the state that names it."""
        self._say("close", dict(calls), dict(questions))
        write_state(
            {
                "bookmarks": {table: {"read_at": _text(at)} for table, at in self._read_at.items()},
                "quickbooks": {
                    "run_id": self.run_id,
                    "realm_id": self.realm_id,
                    "environment": self.environment,
                },
            }
        )

    @property
    def _mark(self) -> str:
        return f"{self.environment}:{self.realm_id}:{self.run_id}:{self.previous_run_id}"

    def _say(self, event: str, calls: dict[str, int], questions: dict[str, int]) -> None:
        now = datetime.now(UTC)
        word = {
            "run_id": self.run_id,
            "event": event,
            "realm_id": self.realm_id,
            "environment": self.environment,
            "previous_run_id": self.previous_run_id,
            "at": _text(now),
            "streams": dict(self._reached),
            "bookmarks": {table: _text(at) for table, at in self._read_at.items()},
            "calls": calls,
            "questions": questions,
            "counts": {table: self._reached[table] for table in self._read_at},
            "uncertain": dict(self._uncertain),
            "selected": self._selected,
            "tap_version": version("tap-quickbooks"),
            "_sync_run": self._mark,
            "_sync_seq": 0,
            "_sync_read_at": _text(now),
        }
        write_records(RUN_STREAM, [word])


def _text(moment: datetime | None) -> str | None:
    """An instant in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
