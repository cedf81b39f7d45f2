"""What has happened since the bookmarks, asked for all followed tables at once.

One call for changes, and one batch: the changes of objects outside change data, and the number of rows of all
that can go in silence (merged names). Where an answer cannot hold everything, each object is asked alone; where
that is not enough either, the table is read on by time, and its ids are swept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Answer, Client
from quickbooks_core.errors import Refused
from quickbooks_core.mapping import document_id, our_id
from quickbooks_core.reading.ahead import Ahead
from quickbooks_core.reading.by_id import statements_by_id
from quickbooks_core.reading.changes import FULL, LOOK_BACK, Changes, ask_changes
from quickbooks_core.reading.pages import CREATED, UPDATED, is_ordered, literal
from quickbooks_core.reading.together import MOST_OBJECTS, ask_together

from tap_quickbooks.bookmarks import Bookmark, Count

Document = dict[str, Any]

# Changes carry whole seconds and answers milliseconds, and nobody promises that an answer knows the last moment.
OVERLAP = timedelta(seconds=30)
_OF_THE_TIME = "changedSince"  # what a refusal for being too long ago speaks of
_ANYTHING = "select count(*) from CompanyInfo"
# How far to look back beyond QuickBooks' own clock where it was set back: what changed since then looks old.
_SET_BACK = timedelta(minutes=15)


@dataclass
class Found:
    """What there is to tell of one table."""

    pages: list[tuple[list[Document], datetime]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    gone_at: datetime | None = None
    read_on: bool = False  # more has changed than the answer could hold
    sweep: bool = False  # rows have gone without a word
    count: Count | None = None
    lacks: bool = False  # rows were there all the time without a word
    questions: int = 0
    outside: bool = False  # its changes are not told

    def add(self, changes: Changes, read_at: datetime) -> None:
        """Takes in what an answer tells."""
        self.pages.append((changes.documents, read_at))
        self.gone, self.gone_at = changes.gone, read_at


class News:
    """Asks, and keeps what was found by table. `at` is the moment up to which all of it is known."""

    def __init__(self, client: Client, ahead: Ahead, followed: Mapping[Entity, Bookmark]) -> None:
        self._client = client
        self._ahead = ahead
        self._followed = followed
        self._found = {entity: Found() for entity in followed}
        self._at: datetime | None = None
        self.together: dict[str, int] = {}  # requests for all tables at once, by kind

    @property
    def at(self) -> datetime:
        """What the next run builds on; nothing that `ask` or anybody after it asked was asked before."""
        if self._at is None:
            raise AssertionError("nothing was asked")
        return self._at

    def of(self, entity: Entity) -> Found:
        """What was found of an object."""
        return self._found[entity]

    def ask(self) -> datetime | None:
        """Asks for everything there is to follow, and says `at`; raises QuickBooksError."""
        horizon = datetime.now(UTC) - LOOK_BACK
        told = [entity for entity in self._followed if not self._is_outside(entity)]
        recent = [entity for entity in told if self.since(entity) > horizon]
        self._ask_changes(recent)
        if self._followed and self._at is None:
            self._known_at(self._client.query(_ANYTHING))
        if self._clock_was_set_back:
            self._found = {entity: Found() for entity in self._followed}
            self._ask_changes(recent)
        for entity in told:
            if entity not in recent:
                self._look_everywhere(entity)
        self._ask_batch()
        self._confirm_gone()
        return self._at

    def batch(self, statements: Mapping[str, str]) -> dict[str, Answer]:
        """Questions in as few requests as there can be, counted as asked for all tables."""
        before = self._client.calls
        answers = ask_together(self._client, statements)
        for kind, times in self._client.calls.items():
            self._cost(kind, times - before.get(kind, 0))
        self._cost("batch_items", len(statements))
        return answers

    def since(self, entity: Entity) -> datetime:
        """From when on changes are asked for."""
        since = self._followed[entity].since - OVERLAP
        return min(since, self.at - OVERLAP - _SET_BACK) if self._clock_was_set_back else since

    @property
    def _clock_was_set_back(self) -> bool:
        """Whether QuickBooks' clock is further behind a bookmark than every run looks back."""
        at = self._at
        return at is not None and any(at < bookmark.since - OVERLAP for bookmark in self._followed.values())

    def _is_outside(self, entity: Entity) -> bool:
        return not entity.cdc or self._followed[entity].outside

    def _known_at(self, answer: Answer) -> None:
        self._at = min(self._at, answer.asked_at) if self._at else answer.asked_at

    def _ask_changes(self, entities: list[Entity]) -> None:
        if not entities:
            return
        self._cost("cdc", 1)
        try:
            answer, found = ask_changes(self._client, entities, min(map(self.since, entities)))
        except Refused:  # one of them, or the time: each alone tells which
            self._ask_alone(entities)
            return
        self._known_at(answer)
        if sum(changes.size for changes in found.values()) >= FULL:
            self._ask_alone(entities)
            return
        for entity in entities:
            self._found[entity].add(found.get(entity, Changes()), answer.time)

    def _ask_alone(self, entities: list[Entity]) -> None:
        def task(entity: Entity) -> Callable[[], tuple[Answer, Changes] | Refused]:
            def ask() -> tuple[Answer, Changes] | Refused:
                try:
                    answer, found = ask_changes(self._client, [entity], self.since(entity))
                except Refused as refused:
                    return refused
                return answer, found.get(entity, Changes())

            return ask

        for entity, told in zip(entities, self._ahead.in_order(map(task, entities)), strict=True):
            self._found[entity].questions += 1
            if isinstance(told, Refused):
                # For its time only this once; for itself, from now on.
                self._found[entity].outside = _OF_THE_TIME not in told.detail
                self._look_everywhere(entity)
                continue
            answer, changes = told
            self._known_at(answer)
            self._found[entity].add(changes, answer.time)
            if changes.size >= FULL:
                self._found[entity].pages.clear()  # they come again, with the others
                self._look_everywhere(entity)

    def _look_everywhere(self, entity: Entity) -> None:
        """Changes by their time, and what has gone by what is still there."""
        self._found[entity].read_on = True
        self._found[entity].sweep = True

    def _ask_batch(self) -> None:
        outside = [entity for entity in self._followed if self._is_outside(entity)]
        room = MOST_OBJECTS // max(len(outside), 1) - 1
        statements = {f"changes {entity.table}": self._changes_statement(entity, room) for entity in outside}
        counted = [e for e in self._followed if is_counted(e, outside=self._is_outside(e))]
        for entity in counted:
            statements[f"count {entity.table}"] = self._count_statement(entity)
        answers = self.batch(statements) if statements else {}
        for entity in outside:
            self._take_changes(entity, answers[f"changes {entity.table}"], room)
        for entity in counted:
            self._take_count(entity, answers[f"count {entity.table}"].count())

    def _changes_statement(self, entity: Entity, room: int) -> str:
        return (
            f"select * from {entity.name} where {_shown(entity)}{UPDATED} >= '{literal(self.since(entity))}'"
            f" maxresults {room}"
        )

    def _count_statement(self, entity: Entity) -> str:
        until = literal(self._counted_until(entity))
        return f"select count(*) from {entity.name} where {_shown(entity)}{CREATED} <= '{until}'"

    def _counted_until(self, entity: Entity) -> datetime:
        before = self._followed[entity].count
        return before.until if before else count_until(self.at)

    def _take_changes(self, entity: Entity, answer: Answer, room: int) -> None:
        documents = answer.documents(entity)
        if len(documents) >= room:
            self._found[entity].read_on = True
        else:
            self._found[entity].pages.append((documents, answer.time))

    def _take_count(self, entity: Entity, rows: int) -> None:
        before, found = self._followed[entity].count, self._found[entity]
        found.count = Count(rows, self._counted_until(entity))
        # Without an earlier number nobody can say whether any have gone.
        found.sweep = found.sweep or before is None or rows < before.rows
        found.lacks = before is not None and rows > before.rows

    def _confirm_gone(self) -> None:
        """A name that is told as deleted may only have been made inactive: what can still be found is not gone."""
        doubtful = {e: f.gone for e, f in self._found.items() if e.has_active and f.gone}
        asked = {
            f"{entity.table} {place}": (entity, statement)
            for entity, ids in doubtful.items()
            for place, statement in enumerate(statements_by_id(entity, ids))
        }
        if not asked:
            return
        answers = self.batch({name: statement for name, (_, statement) in asked.items()})
        for name, (entity, _) in asked.items():
            self._still_there(entity, answers[name])

    def _still_there(self, entity: Entity, answer: Answer) -> None:
        documents = answer.documents(entity)
        found = self._found[entity]
        found.pages.append((documents, answer.time))
        there = {document_id(entity, document) for document in documents}
        found.gone = [id for id in found.gone if our_id(entity, id) not in there]

    def _cost(self, kind: str, times: int) -> None:
        if times:
            self.together[kind] = self.together.get(kind, 0) + times


def is_counted(entity: Entity, *, outside: bool = False) -> bool:
    """Whether rows that disappear in silence are found out by their number; `outside`: its changes are not told."""
    return is_ordered(entity, CREATED) and (entity.goes_in_silence or outside)


def count_until(at: datetime) -> datetime:
    """Up to which creation time rows are counted by a run that knows everything up to a moment.

    The changes of the next run look back as far: all rows that were made later are among them.
    """
    return (at - OVERLAP).replace(microsecond=0)


def _shown(entity: Entity) -> str:
    active = entity.by_path.get("Active")
    return "Active in (true, false) and " if active is not None and active.filterable else ""
