"""A table that follows QuickBooks: what has changed since its bookmark, what has gone, and columns added to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from quickbooks_core.catalog import Entity
from quickbooks_core.errors import Refused
from quickbooks_core.mapping import EXTRA
from quickbooks_core.reading.linked import Linked
from quickbooks_core.reading.pages import CREATED, EVERYTHING, Incomplete, ObjectReader, Window, time_of

from tap_quickbooks.bookmarks import Bookmark, Count, Digest
from tap_quickbooks.news import News, count_until
from tap_quickbooks.sweep import Sweep
from tap_quickbooks.whole import Whole, doubt

if TYPE_CHECKING:
    from tap_quickbooks.streams import ObjectStream

Document = dict[str, Any]
_SECOND = timedelta(seconds=1)


class Following:
    """One followed table in one run."""

    def __init__(self, stream: ObjectStream, before: Bookmark, news: News, linked: Linked) -> None:
        self.bookmark: Bookmark | None = before
        self._stream = stream
        self._tap = stream.tap
        self._entity = stream.entity
        self._before = before
        self._news = news
        self._linked = linked
        self._made: dict[str, datetime] = {}  # ids of rows made since the others were counted, and when
        self._extra_questions = 0

    @property
    def questions(self) -> int:
        """Beside those asked for all tables at once."""
        return self._extra_questions + self._news.of(self._entity).questions

    def read(self) -> None:
        """Emits changes, deletions and windows; the bookmark moves unless there was a doubt."""
        added = self._before.lacks(self._stream.columns) or frozenset()
        try:
            is_added = not added or self._add(added)
            self._emit_changes()
            if not is_added:
                self._read_whole()
                return
            swept, count = self._swept()
        except Incomplete as missing:
            doubt(self._stream, missing)
            return
        known = self._stream.columns if EXTRA in self._stream.left_out else None
        outside = self._before.outside or self._news.of(self._entity).outside
        self.bookmark = Bookmark(self._news.at, self._stream.left_out, known, count, swept, outside=outside)

    def _emit_changes(self) -> None:
        found = self._news.of(self._entity)
        for documents, read_at in found.pages:
            self._emit(documents, read_at)
        if found.read_on:
            reader = self._reader()
            for page in reader.changed(self._news.since(self._entity)):
                self._emit(page.documents, page.read_at)
            self._extra_questions += reader.questions
        if found.gone and found.gone_at:
            self._linked.told(self._entity, found.gone)
            self._tap.run.gone(self._entity, found.gone, found.gone_at)

    def _emit(self, documents: list[Document], read_at: datetime) -> None:
        if not documents:
            return
        self._linked.saw(self._entity, documents)
        ids = self._stream.emit(documents, read_at)
        if count := self._before.count:
            made = {id: time_of(document, CREATED) for id, document in zip(ids, documents, strict=True)}
            self._made |= {id: moment for id, moment in made.items() if moment > count.until}

    def _swept(self) -> tuple[Digest | None, Count | None]:
        """What the next run has to look at once more, and the number of rows."""
        found = self._news.of(self._entity)
        untold = [EVERYTHING] if found.lacks else []
        if not found.sweep and self._before.swept is None:
            self._read_anew(untold)
            if self._before.count:
                self._tell_made(self._before.count.until)
            return None, self._counted(found.count)
        closed = self._news.at.replace(microsecond=0) - _SECOND
        sweep = Sweep(self._tap.client, self._entity, self._tap.ahead, closed)
        if self._before.swept is None:
            digest = sweep.look(self._tell)
        else:
            digest, changed = sweep.look_again(self._before.swept, self._tell)
            self._read_anew(changed or untold)
            digest = digest if changed or found.sweep else None
        self._extra_questions += sweep.questions
        # By the number that QuickBooks states, even if it is not that of the ids: else every run would sweep again.
        return digest, self._counted(found.count)

    def _counted(self, count: Count | None) -> Count | None:
        """The number of rows now, from the number of older ones and those made since."""
        until = count_until(self._news.at)
        if count is None or count.until >= until:
            return count
        return Count(count.rows + sum(moment <= until for moment in self._made.values()), until)

    def _tell_made(self, counted: datetime) -> None:
        """Which rows were made since the others were counted.

        A write, or a run whose state was lost, may have brought more of them, of whose end nobody will tell.
        """
        window = Window(counted + _SECOND, None)
        if self._news.of(self._entity).read_on:  # what changed meanwhile has left the pages
            self._read_anew([window])
        self._tell(window, list(self._made), self._news.at)

    def _tell(self, window: Window, ids: list[str], read_at: datetime) -> None:
        self._tap.run.found(self._stream.name, window, ids, read_at)

    def _read_anew(self, windows: list[Window]) -> None:
        """Whatever was hidden comes back."""
        for window in windows:
            reader = self._reader()
            for page in reader.within(window):
                self._emit(page.documents, page.read_at)
            self._extra_questions += reader.questions

    def _add(self, columns: frozenset[str]) -> bool:
        """Emits only these columns of all rows; False where QuickBooks does not give them alone."""
        if (wanted := projection(self._entity, columns)) is None:
            return False
        reader = self._reader(wanted)
        try:
            first = reader.first()
        except Refused:
            return False
        for page in reader.pages(first):
            self._stream.emit_part(page.documents, page.read_at, columns)
        self._extra_questions += reader.questions
        return True

    def _read_whole(self) -> None:
        way = Whole(self._stream)
        way.read()
        self._extra_questions += way.questions
        self.bookmark = way.bookmark and replace(way.bookmark, since=self._news.at)

    def _reader(self, what: str = "*") -> ObjectReader:
        return ObjectReader(self._tap.client, self._entity, self._tap.ahead, what)


def projection(entity: Entity, columns: Iterable[str]) -> str | None:
    """What to select so that some columns come, and those the merge needs; None where only everything will do."""
    if entity.wrapped or entity.id_paths != ("Id",):
        return None
    fields = [entity.columns[column] for column in sorted(columns)]
    if any(field.path.startswith("$") for field in fields):
        return None
    paths = [path for field in fields for path in (field.path, field.type_path) if path]
    heads = dict.fromkeys(path.partition(".")[0] for path in paths)
    return ", ".join(dict.fromkeys(["Id", "SyncToken", "MetaData", *heads]))
