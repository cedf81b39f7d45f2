"""Every row of an object, read through the query language without losing one.

Plain paging loses rows: what is deleted while we read shifts the pages behind it. So an object of more than
one page is read in the order of `MetaData.CreateTime`, up to the time of the first answer, in pages that
overlap. Two neighbours whose times overlap leave no gap, whatever was deleted in between and whatever the
order of rows of the same second; where they do not, the gap is read once more. The pages are therefore
independent of each other and can be asked for all at once.

Each page says which window of creation times it holds whole, so that the database can tell which of its rows
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

from tap_quickbooks.ahead import Ahead

Document = dict[str, Any]

PAGE = 1000  # what QuickBooks gives at most
OVERLAP = 20  # rows; more than this many objects of one second, or deletions during the run, cost a request
_SETBACKS = 20  # pages asked for again; more of them, and it is not deletions that move the rows
_SECOND = timedelta(seconds=1)
_CREATED = "MetaData.CreateTime"
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A span of creation times; None is without end. Closed below, open above."""

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
    """Reads all rows of one object."""

    def __init__(self, client: Client, entity: Entity, ahead: Ahead) -> None:
        self._client = client
        self._entity = entity
        self._ahead = ahead
        field = entity.by_path.get(_CREATED)
        self._by_time = field is not None and field.filterable and field.sortable
        active = entity.by_path.get("Active")
        self._hides_inactive = active is not None and active.filterable
        self._doubts: list[str] = []
        self.questions = 0  # one request each, when nothing goes wrong

    def first(self) -> Answer:
        """The first answer: the whole of a small object, and the first page of a large one."""
        order = f"orderby {_CREATED}" if self._by_time else ""
        return self._client.query(self._statement(order=order))

    def pages(self, first: Answer) -> Iterator[Page]:
        """All pages, the first included; raises Incomplete after the last one when rows are missing."""
        documents = first.documents(self._entity)
        if len(documents) < PAGE:
            yield Page(documents, first.time, EVERYTHING)
            return
        yield from self._by_creation(first, documents) if self._by_time else self._by_position()
        if self._doubts:
            raise Incomplete("; ".join(self._doubts))

    def _by_creation(self, first: Answer, documents: list[Document]) -> Iterator[Page]:
        until = first.time.replace(microsecond=0)
        closed = f"{_CREATED} <= '{_literal(until)}'"
        total = self._count(closed)
        given = 0
        for page in self._joined(self._overlapping(first, documents, closed, total), until):
            given += len(page.documents)
            yield page
        # Fewer than at first is what a deletion leaves; fewer than now is a loss.
        if given < total:
            self._compare(given, closed)

    def _overlapping(
        self, first: Answer, documents: list[Document], closed: str, total: int
    ) -> Iterator[tuple[list[Document], datetime, bool]]:
        """The answers: rows, time, is it the last? Each begins `OVERLAP` rows before the end of the one before."""

        def task(position: int) -> Callable[[], Answer]:
            statement = self._statement(closed, order=f"orderby {_CREATED}", position=position)
            return lambda: self._client.query(statement)

        until = first.time.replace(microsecond=0)
        positions = range(PAGE - OVERLAP, total, PAGE - OVERLAP)
        yield [d for d in documents if _created(d) <= until], first.time, not positions
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
            if reached is not None and (first := _created(documents[0])) >= reached:
                yield from self._walk(reached, first + _SECOND)
                reached = first + _SECOND
            end = until + _SECOND if is_last and len(documents) < PAGE else _created(documents[-1])
            if reached is None or end > reached:
                yield _cut(documents, read_at, Window(reached, end))
                reached = end
        yield from self._walk(reached or until, until + _SECOND)

    def _walk(self, start: datetime, end: datetime) -> Iterator[Page]:
        """One window, page after page, each beginning where the one before it was sure."""
        while start < end:
            answer = self._client.query(self._statement(_between(start, end), order=f"orderby {_CREATED}"))
            documents = answer.documents(self._entity)
            last = end if len(documents) < PAGE else _created(documents[-1])
            if last == start:
                yield from self._second(start)
                last = start + _SECOND
            else:
                yield _cut(documents, answer.time, Window(start, last))
            start = last

    def _second(self, second: datetime) -> Iterator[Page]:
        """More than a page of rows of one second (a bulk import)."""
        window = Window(second, second + _SECOND)
        yield from self._by_position(_between(second, second + _SECOND), order="orderby Id", window=window)

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
        self, *conditions: str, what: str = "*", order: str = "", position: int = 0, page: int = PAGE
    ) -> str:
        """A query; names that are inactive are hidden unless asked for."""
        self.questions += 1
        active = ("Active in (true, false)",) if self._hides_inactive else ()
        parts = [f"select {what} from {self._entity.name}"]
        if found := " and ".join((*active, *conditions)):
            parts.append(f"where {found}")
        parts += [order] if order else []
        parts += [f"startposition {position}"] if position else []
        parts += [f"maxresults {page}"] if page else []
        return " ".join(parts)


def _cut(documents: list[Document], read_at: datetime, window: Window) -> Page:
    start, end = window.start or _BEGINNING, window.end or _END
    kept = [d for d in documents if start <= _created(d) < end]
    return Page(kept, read_at, window)


def _created(document: Document) -> datetime:
    """When the object was made, to the second, as QuickBooks keeps it."""
    inner = (
        document if "MetaData" in document else next(iter(document.values()))
    )  # a template wraps another kind
    return _instant(inner["MetaData"]["CreateTime"])


@lru_cache(maxsize=4096)  # objects that came by an import share a second, and pages overlap
def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _between(start: datetime, end: datetime) -> str:
    return f"{_CREATED} >= '{_literal(start)}' and {_CREATED} < '{_literal(end)}'"


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
