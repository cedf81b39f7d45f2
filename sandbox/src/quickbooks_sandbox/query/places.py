"""Where pages begin: keys of rows at known positions of a query, so that a page is not counted from the first row on.

A reader asks for page after page of one query. The last row of a page leads to the next one at once, where counting
half a million rows takes 30 milliseconds. All is forgotten as soon as anything is written. Reads nothing itself.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

_MOST_QUERIES = 16
_MOST_PLACES = 4096  # of one query

Key = tuple[Any, ...]
Query = tuple[Any, ...]


@dataclass
class _Known:
    """Positions of one query in their order, each with the key of its row."""

    positions: list[int] = field(default_factory=list)
    keys: dict[int, Key] = field(default_factory=dict)


class Places:
    """What is known of the present state of the documents.

    `version` is odd while something is being written. What was learnt under an even version holds exactly for
    readers that find the same version before and after their read.
    """

    def __init__(self) -> None:
        self.version = 0
        self._known: dict[Query, _Known] = {}
        self._lock = threading.Lock()

    def begin_change(self) -> None:
        """From now on nothing is certain."""
        with self._lock:
            self.version += 1
            self._known.clear()

    def end_change(self) -> None:
        """What is read from now on may be learnt."""
        with self._lock:
            self.version += 1

    def before(self, version: int, query: Query, position: int) -> tuple[int, Key] | None:
        """The nearest known place at or before a position."""
        with self._lock:
            known = self._known.get(query)
            if known is None or version != self.version or version % 2:
                return None
            place = bisect_right(known.positions, position)
            if place == 0:
                return None
            found = known.positions[place - 1]
            return found, known.keys[found]

    def learn(self, version: int, query: Query, position: int, key: Key) -> None:
        """A row's place, read under `version`."""
        with self._lock:
            if version != self.version or version % 2:
                return
            if query not in self._known and len(self._known) >= _MOST_QUERIES:
                self._known.pop(next(iter(self._known)))
            known = self._known.setdefault(query, _Known())
            if position in known.keys or len(known.keys) >= _MOST_PLACES:
                return
            known.positions.insert(bisect_right(known.positions, position), position)
            known.keys[position] = key
