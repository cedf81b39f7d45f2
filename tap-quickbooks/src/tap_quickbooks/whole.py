"""A table that is read whole: the first time, after a column was added that only a whole reading gives, or always."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from quickbooks_core.catalog import Reading
from quickbooks_core.client import Answer
from quickbooks_core.mapping import EXTRA
from quickbooks_core.reading.own_url import OwnUrlReader
from quickbooks_core.reading.pages import (
    CREATED,
    EVERYTHING,
    Incomplete,
    ObjectReader,
    Page,
    time_of,
)

from tap_quickbooks.bookmarks import Bookmark, Count
from tap_quickbooks.news import count_until, is_counted

if TYPE_CHECKING:
    from tap_quickbooks.streams import ObjectStream

Document = dict[str, Any]
Saw = Callable[[list[Document]], None]


class Way(Protocol):
    """How one stream is read in one run."""

    @property
    def bookmark(self) -> Bookmark | None:
        """Where the table stands afterwards; none where it is to be read whole the next time."""

    @property
    def questions(self) -> int:
        """How many questions it has cost so far; what was asked again after a failure counts once."""

    def read(self) -> None:
        """Emits its rows, and sets its bookmark unless it had doubts."""


class Whole:
    """All rows of an object that is read by `select * from`. `saw` is called with them."""

    def __init__(
        self, stream: ObjectStream, first: Callable[[], Answer] | None = None, saw: Saw | None = None
    ) -> None:
        self.bookmark: Bookmark | None = None
        self._stream = stream
        self._reader = ObjectReader(stream.tap.client, stream.entity, stream.tap.ahead)
        self._first_answer = first or self.first
        self._saw = saw
        self._unsure: list[str] = []

    @property
    def questions(self) -> int:
        """Pages and counts."""
        return self._reader.questions

    def first(self) -> Answer:
        """The first answer; may be made ahead of its use, in a thread of its own."""
        return self._reader.first()

    def pages(self) -> Iterator[Page]:
        """All pages."""
        return self._reader.pages(self.first())

    def read(self) -> None:
        """Emits all rows, and which windows are whole. Rows made since the count are told by the next run's changes."""
        first = self._first_answer()
        counts = is_counted(self._stream.entity)
        until = count_until(first.asked_at)
        rows = 0
        try:
            for page in self._reader.pages(first):
                self._emit(page)
                rows += _made_until(until, page) if counts else 0
        except Incomplete as missing:
            doubt(self._stream, missing)
            return
        if self._unsure:
            self._stream.tap.run.found(self._stream.name, EVERYTHING, self._unsure, first.time)
        self._stream.end()
        self.bookmark = begun(self._stream, first, count=Count(rows, until) if counts else None)

    def _emit(self, page: Page) -> None:
        if self._saw:
            self._saw(page.documents)
        ids = self._stream.emit(page.documents, page.read_at)
        if page.window is None:
            self._unsure += ids
        else:
            self._stream.tap.run.found(self._stream.name, page.window, ids, page.read_at)


def _made_until(until: datetime, page: Page) -> int:
    if page.window and page.window.end and page.window.end <= until:
        return len(page.documents)
    return sum(time_of(document, CREATED) <= until for document in page.documents)


class OwnUrl:
    """An object that one GET gives whole, at most once a day."""

    EVERY = timedelta(hours=23, minutes=30)

    def __init__(
        self, stream: ObjectStream, before: Bookmark | None = None, first: Callable[[], Answer] | None = None
    ) -> None:
        self.bookmark = before
        self.questions = 0
        self._before = before
        self._stream = stream
        self._reader = OwnUrlReader(stream.tap.client, stream.entity)
        self._first_answer = first or self.first

    def first(self) -> Answer:
        """The only answer."""
        self.questions = 1
        return self._reader.first()

    def pages(self) -> Iterator[Page]:
        """The only page."""
        return self._reader.pages(self.first())

    def read(self) -> None:
        """Emits its rows if they are others than the last time."""
        answer = self._first_answer()
        (page,) = self._reader.pages(answer)
        looks = f"{zlib.crc32(msgspec.json.encode(page.documents)):08x}"
        if (
            self._before is None
            or looks != self._before.looks
            or self._before.left_out != self._stream.left_out
        ):
            ids = self._stream.emit(page.documents, page.read_at)
            self._stream.tap.run.found(self._stream.name, EVERYTHING, ids, page.read_at)
            self._stream.end()
        self.bookmark = begun(self._stream, answer, looks=looks)


class Unchanged:
    """A table of which nothing is asked in this run."""

    questions = 0

    def __init__(self, bookmark: Bookmark) -> None:
        self.bookmark: Bookmark | None = bookmark

    def read(self) -> None:
        """Nothing."""


def begun(stream: ObjectStream, first: Answer, *, count: Count | None = None, looks: str = "") -> Bookmark:
    """The bookmark of a table that has been read whole."""
    known = stream.columns if EXTRA in stream.left_out else None
    return Bookmark(first.asked_at, stream.left_out, known, count, looks=looks)


def doubt(stream: ObjectStream, missing: Incomplete) -> None:
    """A warning, and a word to the database."""
    stream.logger.warning(
        "%s may lack rows: %s. Nothing is deleted; the next run reads it again.", stream.name, missing
    )
    stream.tap.run.doubt(stream.name, str(missing))


def whole(
    stream: ObjectStream, first: Callable[[], Answer] | None = None, saw: Saw | None = None
) -> Whole | OwnUrl:
    """How an object is read whole."""
    if stream.entity.reading is Reading.OWN_URL:
        return OwnUrl(stream, first=first)
    return Whole(stream, first, saw)
