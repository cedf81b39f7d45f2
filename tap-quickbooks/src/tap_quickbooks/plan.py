"""How each stream of a run is read: whole, or on from its bookmark; and what must be asked before the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quickbooks_core.catalog import Entity, Reading, Shape
from quickbooks_core.client import Answer
from quickbooks_core.reading.by_id import questions_by_id
from quickbooks_core.reading.linked import Linked
from quickbooks_core.reading.pages import UPDATED, time_of

from tap_quickbooks.bookmarks import Bookmark, State, read_bookmarks, tables_of
from tap_quickbooks.following import Following, projection
from tap_quickbooks.news import OVERLAP, News
from tap_quickbooks.run import Cost, Intent
from tap_quickbooks.whole import OwnUrl, Saw, Unchanged, Way, Whole, whole

if TYPE_CHECKING:
    from tap_quickbooks.streams import ObjectStream
    from tap_quickbooks.tap import TapQuickBooks

Document = dict[str, Any]

_MOST_LEVELS = 5  # of customers above customers, as QuickBooks allows


class Plan:
    """The ways of all streams of one run."""

    def __init__(self, tap: TapQuickBooks, streams: Sequence[ObjectStream], state: State) -> None:
        self._tap = tap
        self._streams = {stream.name: stream for stream in streams}
        self._before = read_bookmarks(state)
        self._known = tables_of(state)
        self._followed = {stream.name: bookmark for stream in streams if (bookmark := self._base(stream))}
        self._news = News(tap.client, tap.ahead, dict(self._asked_together()))
        self._linked = Linked()
        self._firsts: Iterator[tuple[str, Answer]] = iter(())
        self.ways: dict[str, Way] = {stream.name: self._way(stream) for stream in streams}

    @property
    def intent(self) -> Intent:
        """What the run tells the database before it begins."""
        return Intent(
            selected={name: sorted(stream.columns) for name, stream in self._streams.items()},
            followed={name: bookmark.since for name, bookmark in self._followed.items()},
            added={name: sorted(added) for name in self._followed if (added := self._added(name))},
            dropped=sorted(self._known - set(self._streams)),
        )

    @property
    def cost(self) -> Cost:
        """What the run has cost."""
        questions = {name: way.questions for name, way in self.ways.items()}
        return Cost(self._tap.client.calls, questions, self._news.together)

    @property
    def bookmarks(self) -> dict[str, Bookmark]:
        """Where each table stands now; one without is read whole the next time."""
        return {name: way.bookmark for name, way in self.ways.items() if way.bookmark}

    def begin(self, most: int) -> None:
        """Asks what there is to follow, and then for the first answers of what is read whole, in order."""
        if at := self._news.ask():
            self._tap.run.go_on(at)
        firsts = [(name, way.first) for name, way in self.ways.items() if isinstance(way, Whole | OwnUrl)]
        names = [name for name, _ in firsts]
        self._firsts = zip(names, self._tap.ahead.in_order((ask for _, ask in firsts), most), strict=True)

    def follow_links(self) -> None:
        """Emits what changes have moved and QuickBooks did not tell of."""
        for _ in range(_MOST_LEVELS):
            missing = {
                entity: ids
                for entity, ids in self._linked.missing().items()
                if entity.table in self._followed
            }
            if not missing:
                break
            self._emit_by_id(missing)
        if self._linked.documents_moved and "account" in self._followed:
            self._emit_accounts()

    def _base(self, stream: ObjectStream) -> Bookmark | None:
        """The bookmark on which a stream builds; none when it is to be read whole."""
        before = self._before.get(stream.name)
        if before is None or (added := before.lacks(stream.columns)) is None:
            return None
        return before if not added or projection(stream.entity, added) else None

    def _added(self, name: str) -> frozenset[str]:
        return self._followed[name].lacks(self._streams[name].columns) or frozenset()

    def _asked_together(self) -> Iterator[tuple[Entity, Bookmark]]:
        for name, bookmark in self._followed.items():
            if self._streams[name].entity.reading is Reading.QUERY:
                yield self._streams[name].entity, bookmark

    def _way(self, stream: ObjectStream) -> Way:
        before = self._followed.get(stream.name)
        if before is None:
            return whole(stream, self._first_of(stream), self._linking(stream))
        if stream.entity.reading is Reading.QUERY:
            return Following(stream, before, self._news, self._linked)
        if datetime.now(UTC) - before.since < OwnUrl.EVERY and before.left_out == stream.left_out:
            return Unchanged(before)
        return OwnUrl(stream, before, self._first_of(stream))

    def _linking(self, stream: ObjectStream) -> Saw | None:
        """For a table that is read whole once more: what has changed since it was read may have moved others."""
        before = self._before.get(stream.name)
        if before is None or stream.entity.shape is not Shape.TRANSACTION:
            return None
        since = before.since - OVERLAP

        def saw(documents: list[Document]) -> None:
            self._linked.saw(stream.entity, [d for d in documents if time_of(d, UPDATED) >= since])

        return saw

    def _first_of(self, stream: ObjectStream) -> Callable[[], Answer]:
        """The stream's first answer, asked for ahead of time; streams must come in their order."""

        def take() -> Answer:
            name, answer = next(self._firsts)
            if name != stream.name:
                raise AssertionError(f"{stream.name} was read in the turn of {name}")
            return answer

        return take

    def _emit_by_id(self, missing: dict[Entity, set[str]]) -> None:
        asked = questions_by_id(missing)
        answers = self._news.batch({name: statement for name, (_, statement) in asked.items()})
        for name, (entity, _) in asked.items():
            documents: list[Document] = answers[name].documents(entity)
            self._linked.saw_again(entity, documents)
            self._streams[entity.table].emit(documents, answers[name].time)

    def _emit_accounts(self) -> None:
        stream = self._streams["account"]
        for page in self._tap.whole(stream).pages():
            stream.emit(page.documents, page.read_at)
