"""Every row of an object, read through the query language without losing one.

Plain paging loses rows: what is deleted while we read shifts the pages behind it. So an object of more than
one page is read in the order of `MetaData.CreateTime`, up to the time of the first answer, in pages that
overlap. Two neighbours whose times overlap leave no gap, whatever was deleted in between and whatever the
order of rows of the same second; where they do not, the gap is read once more. The pages are therefore
independent of each other and can be asked for all at once. What has changed since a moment is read in the same
way, in the order of `MetaData.LastUpdatedTime`: a row that changes meanwhile leaves the pages like a deleted one.

Each page says which window of those times it holds whole, so that the database can tell which of its rows
no longer exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Answer, Client
from quickbooks_core.mapping import document_id
from quickbooks_core.reading.ahead import Ahead

Document = dict[str, Any]

PAGE = 1000  # what QuickBooks gives at most
OVERLAP = 20  # rows; more than this many objects of one second, or deletions during the run, cost a request
_SETBACKS = 20  # pages asked for again; more of them, and it is not deletions that move the rows
_SECOND = timedelta(seconds=1)
CREATED, UPDATED = "MetaData.CreateTime", "MetaData.LastUpdatedTime"
IDS = f"Id, {CREATED}"  # what a reader asks for that wants to know only which rows there are
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A span of times; None is without end. Closed below, open above."""

    start: datetime | None
    end: datetime | None


EVERYTHING = Window(None, None)


@dataclass(frozen=True)
class Page:
    """Rows of one answer. `window`: with other pages of it these are all its rows; None where that is not sure."""

    documents: list[Document]
    read_at: datetime
    window: Window | None


class Incomplete(Exception):
    """The rows QuickBooks gave and the number it states do not agree."""


class ObjectReader:
    """Reads rows of one object: all of them, or those that have changed. `what` are the fields it asks for."""

    def __init__(self, client: Client, entity: Entity, ahead: Ahead, what: str = "*") -> None:
        self._client = client
        self._entity = entity
        self._ahead = ahead
        self._what = what
        self._order = CREATED if is_ordered(entity, CREATED) else ""
        active = entity.by_path.get("Active")
        self._hides_inactive = active is not None and active.filterable
        self._total: int | None = None  # of an object of more than a page
        self._doubts: list[str] = []
        self.questions = 0  # one request each, when nothing goes wrong

    def first(self) -> Answer:
        """The first answer: the whole of a small object, and the first page of a large one."""
        return self._begun(self._client.query(self._statement(order=self._order)))

    def pages(self, first: Answer) -> Iterator[Page]:
        """All pages, the first included; raises Incomplete after the last one when rows are missing."""
        documents = first.documents(self._entity)
        if len(documents) < PAGE:
            yield Page(documents, first.time, EVERYTHING)
            return
        yield from self._by_time(first, documents) if self._order else self._by_position()
        self._end()

    def changed(self, since: datetime) -> Iterator[Page]:
        """Rows changed at or after a moment; those that change meanwhile may be missing. Raises Incomplete."""
        self._order = UPDATED
        condition = f"{UPDATED} >= '{literal(since)}'"
        first = self._begun(self._client.query(self._statement(condition, order=self._order)), condition)
        documents = first.documents(self._entity)
        if len(documents) < PAGE:
            yield Page(documents, first.time, None)
            return
        yield from self._by_time(first, documents, condition)
        self._end()

    def within(self, window: Window) -> Iterator[Page]:
        """All rows of a window of creation times; raises Incomplete."""
        yield from self._walk(window.start or _BEGINNING, window.end or _END)
        self._end()

    def _begun(self, first: Answer, *conditions: str) -> Answer:
        """Counts a large object at once, so that nobody waits for it later."""
        if self._order and len(first.documents(self._entity)) >= PAGE:
            self._total = self._count(self._until(first), *conditions)
        return first

    def _until(self, first: Answer) -> str:
        return f"{self._order} <= '{literal(first.time)}'"

    def _end(self) -> None:
        if self._doubts:
            raise Incomplete("; ".join(self._doubts))

    def _by_time(self, first: Answer, documents: list[Document], *conditions: str) -> Iterator[Page]:
        until = first.time.replace(microsecond=0)
        closed = (self._until(first), *conditions)
        total = self._total or 0
        given = 0
        for page in self._joined(self._overlapping(first, documents, closed, total), until):
            given += len(page.documents)
            yield page
        # Fewer than at first is what a deletion leaves; fewer than now is a loss.
        if given < total:
            self._compare(given, *closed)

    def _overlapping(
        self, first: Answer, documents: list[Document], closed: tuple[str, ...], total: int
    ) -> Iterator[tuple[list[Document], datetime, bool]]:
        """The answers: rows, time, is it the last? Each begins `OVERLAP` rows before the end of the one before."""

        def task(position: int) -> Callable[[], Answer]:
            statement = self._statement(*closed, order=self._order, position=position)
            return lambda: self._client.query(statement)

        until = first.time.replace(microsecond=0)
        positions = range(PAGE - OVERLAP, total, PAGE - OVERLAP)
        yield [d for d in documents if self._time(d) <= until], first.time, not positions
        for at, answer in zip(positions, self._ahead.in_order(task(1 + at) for at in positions), strict=True):
            yield answer.documents(self._entity), answer.time, at == positions[-1]

    def _joined(
        self, answers: Iterator[tuple[list[Document], datetime, bool]], until: datetime
    ) -> Iterator[Page]:
        """Cuts overlapping answers into windows without gap or repetition."""
        reached: datetime | None = None  # all rows before this have been given
        for documents, read_at, is_last in answers:
            if not documents:
                continue
            if reached is not None and (first := self._time(documents[0])) >= reached:
                yield from self._walk(reached, first + _SECOND)
                reached = first + _SECOND
            end = until + _SECOND if is_last and len(documents) < PAGE else self._time(documents[-1])
            if reached is None or end > reached:
                yield self._cut(documents, read_at, Window(reached, end))
                reached = end
        yield from self._walk(reached or until, until + _SECOND)

    def _walk(self, start: datetime, end: datetime) -> Iterator[Page]:
        """One window, page after page, each beginning where the one before it was sure."""
        while start < end:
            answer = self._client.query(self._statement(*self._between(start, end), order=self._order))
            documents = answer.documents(self._entity)
            last = end if len(documents) < PAGE else self._time(documents[-1])
            if last == start:
                yield from self._second(start)
                last = start + _SECOND
            else:
                yield self._cut(documents, answer.time, Window(start, last))
            start = last

    def _second(self, second: datetime) -> Iterator[Page]:
        """More than a page of rows of one second (a bulk import)."""
        window = Window(second, second + _SECOND)
        yield from self._by_position(*self._between(second, second + _SECOND), order="Id", window=window)

    def _by_position(self, *conditions: str, order: str = "", window: Window | None = None) -> Iterator[Page]:
        """Rows that nothing but their position tells apart, in pages that overlap.

        A page that begins with a row which has been seen leaves no gap behind it. One that does not begins too
        late, because rows before it have been deleted: it is asked for again, from further ahead.
        """
        seen: set[str] = set()
        position, setbacks = 1, 0
        while True:
            answer = self._client.query(self._statement(*conditions, order=order, position=position))
            documents = answer.documents(self._entity)
            ids = [document_id(self._entity, document) for document in documents]
            if position > 1 and (not ids or ids[0] not in seen):
                position, setbacks = max(1, position - PAGE), setbacks + 1
                if setbacks > _SETBACKS:
                    self._doubts.append(f"QuickBooks gives {self._entity.name} in an order that changes")
                    return
                continue
            new = [document for id, document in zip(ids, documents, strict=True) if id not in seen]
            yield Page(new, answer.time, window)
            seen.update(ids)
            if len(documents) < PAGE:
                break
            position += PAGE - OVERLAP
        self._compare(len(seen), *conditions)

    def _compare(self, given: int, *conditions: str) -> None:
        if given < (total := self._count(*conditions)):
            self._doubts.append(f"QuickBooks counts {total} and gave {given}")

    def _count(self, *conditions: str) -> int:
        return self._client.query(self._statement(*conditions, what="count(*)", page=0)).count()

    def _statement(
        self, *conditions: str, what: str = "", order: str = "", position: int = 0, page: int = PAGE
    ) -> str:
        """A query; names that are inactive are hidden unless asked for."""
        self.questions += 1
        active = ("Active in (true, false)",) if self._hides_inactive else ()
        parts = [f"select {what or self._what} from {self._entity.name}"]
        if found := " and ".join((*active, *conditions)):
            parts.append(f"where {found}")
        parts += [f"orderby {order}"] if order else []
        parts += [f"startposition {position}"] if position else []
        parts += [f"maxresults {page}"] if page else []
        return " ".join(parts)

    def _between(self, start: datetime, end: datetime) -> list[str]:
        conditions = [f"{self._order} >= '{literal(start)}'"] if start > _BEGINNING else []
        return [*conditions, f"{self._order} < '{literal(end)}'"] if end < _END else conditions

    def _cut(self, documents: list[Document], read_at: datetime, window: Window) -> Page:
        start, end = window.start or _BEGINNING, window.end or _END
        return Page([d for d in documents if start <= self._time(d) < end], read_at, window)

    def _time(self, document: Document) -> datetime:
        return time_of(document, self._order)


def is_ordered(entity: Entity, path: str) -> bool:
    """Whether an object can be asked for by, and in the order of, one of its times."""
    field = entity.by_path.get(path)
    return field is not None and field.filterable and field.sortable


def time_of(document: Document, path: str) -> datetime:
    """When a document was made or changed, to the second, as QuickBooks keeps it."""
    inner = (
        document if "MetaData" in document else next(iter(document.values()))
    )  # a template wraps another kind
    return _instant(inner["MetaData"][path.partition(".")[2]])


@lru_cache(maxsize=4096)  # objects that came by an import share a second, and pages overlap
def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def literal(moment: datetime) -> str:
    """An instant as the query language has it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
