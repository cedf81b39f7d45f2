"""Which rows of an object there are: its ids by windows of creation times, for the database to find what has gone.

A sweep may be wrong: an index that lags hides a live row, which is then deleted. So the run after a sweep sweeps
once more, compares window by window, and reads anew what differs.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Client
from quickbooks_core.errors import Refused
from quickbooks_core.mapping import document_id
from quickbooks_core.reading.ahead import Ahead
from quickbooks_core.reading.pages import (
    CREATED,
    EVERYTHING,
    IDS,
    ObjectReader,
    Page,
    Window,
    is_ordered,
    time_of,
)

from tap_quickbooks.bookmarks import Digest

Document = dict[str, Any]
Tell = Callable[[Window, list[str], datetime], None]
_SECOND = timedelta(seconds=1)


@dataclass
class Sums:
    """Adds up what is found, by windows that end at `ends`."""

    ends: list[datetime]
    sums: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sums = self.sums or [0] * len(self.ends)

    def add(self, id: str, made: datetime) -> None:
        """Counts an id in its window; what is newer than all of them belongs to none."""
        place = bisect_right(self.ends, made)
        if place < len(self.ends):
            self.sums[place] += zlib.crc32(id.encode())

    @property
    def digest(self) -> Digest:
        """As the state keeps it."""
        return Digest(tuple(self.ends), tuple(self.sums))


class Sweep:
    """One sweep of one object. `closed` is a second that was over before it began."""

    def __init__(self, client: Client, entity: Entity, ahead: Ahead, closed: datetime) -> None:
        self._client = client
        self._entity = entity
        self._ahead = ahead
        self._closed = closed
        self.questions = 0

    def look(self, tell: Tell) -> Digest | None:
        """Tells all ids by their windows; raises Incomplete. A digest, where the object has times of creation."""
        sums = Sums([])
        for page, made in self._pages(tell):
            end = min((page.window and page.window.end) or self._closed + _SECOND, self._closed + _SECOND)
            if not sums.ends or end > sums.ends[-1]:
                sums.ends.append(end)
                sums.sums.append(0)
            for id, moment in made:
                sums.add(id, moment)
        return sums.digest if sums.ends else None

    def look_again(self, before: Digest, tell: Tell) -> tuple[Digest, list[Window]]:
        """Tells all ids once more; the same windows as before, and which of them have others now."""
        sums = Sums(list(before.ends))
        for _, made in self._pages(tell):
            for id, moment in made:
                sums.add(id, moment)
        starts = [None, *before.ends[:-1]]
        changed = [
            Window(start, end)
            for start, end, old, new in zip(starts, before.ends, before.sums, sums.sums, strict=True)
            if old != new
        ]
        return sums.digest, changed

    def _pages(self, tell: Tell) -> Iterator[tuple[Page, list[tuple[str, datetime]]]]:
        """Pages of ids, told as they come; ids and creation times, where there are any."""
        timed = is_ordered(self._entity, CREATED)
        unsure: list[str] = []
        read_at = self._closed
        for page in self._read(timed):
            ids = [document_id(self._entity, document) for document in page.documents]
            made = [time_of(document, CREATED) for document in page.documents] if timed else []
            if page.window is None:
                unsure, read_at = unsure + ids, page.read_at
            else:
                tell(page.window, ids, page.read_at)
            yield page, list(zip(ids, made, strict=False)) if timed else []
        if unsure:
            tell(EVERYTHING, unsure, read_at)

    def _read(self, timed: bool) -> Iterator[Page]:
        bare = timed and self._entity.id_paths == ("Id",) and not self._entity.wrapped
        reader = ObjectReader(self._client, self._entity, self._ahead, IDS if bare else "*")
        try:
            first = reader.first()
        except Refused:  # nobody knows of every object that it gives parts
            reader = ObjectReader(self._client, self._entity, self._ahead)
            first = reader.first()
        yield from reader.pages(first)
        self.questions = reader.questions
