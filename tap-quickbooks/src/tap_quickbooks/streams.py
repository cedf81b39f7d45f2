"""The two kinds of streams: objects of the query language, and objects with a URL of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from quickbooks_core.catalog import Entity, Reading
from quickbooks_core.client import Answer
from quickbooks_core.entitlements import from_xml
from quickbooks_core.mapping import mapper
from quickbooks_core.schema import AUTOMATIC, MARKS, json_schema
from singer_sdk import Stream
from singer_sdk.singerlib import Metadata, MetadataMapping

from tap_quickbooks.announced import Announced
from tap_quickbooks.pages import EVERYTHING, Incomplete, ObjectReader, Page

if TYPE_CHECKING:
    from tap_quickbooks.tap import TapQuickBooks

Row = dict[str, Any]


class ObjectStream(Stream):
    """One object of the catalogue as one stream."""

    tap: TapQuickBooks

    def __init__(self, tap: TapQuickBooks, entity: Entity) -> None:
        self.entity = entity
        self.tap = tap
        super().__init__(tap, schema=json_schema(entity), name=entity.table)
        self.primary_keys = ("id",)
        self._announced = Announced()

    @property
    def metadata(self) -> MetadataMapping:
        """The SDK's, with the columns that the merge cannot do without."""
        mapping = super().metadata
        for column in (*AUTOMATIC, *MARKS):
            if isinstance(found := mapping.get(("properties", column)), Metadata):
                found.inclusion = Metadata.InclusionType.AUTOMATIC
        return mapping

    @property
    def columns(self) -> frozenset[str]:
        """The selected columns of the mirror."""
        return frozenset(
            name
            for name in self.schema["properties"]
            if name not in MARKS and self.mask[("properties", name)]
        )

    @property
    def questions(self) -> int:
        """How many questions it has cost so far; what was asked again after a failure counts once."""
        raise NotImplementedError

    def first(self) -> Answer:
        """The first answer; made ahead of its use, in a thread of its own."""
        raise NotImplementedError

    def pages(self, first: Answer) -> Iterator[Page]:
        """All pages, the first included."""
        raise NotImplementedError

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Row]:  # noqa: ARG002
        """All rows, unmarked (the SDK's door; a sync goes by `_sync_records`)."""
        for page in self.pages(self.first()):
            yield from self._rows(page)

    def _rows(self, page: Page) -> list[Row]:
        to_row = mapper(self.entity, self.columns)
        return [to_row(document) for document in page.documents]

    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[Row, None, None]:
        """Emits page after page: a record at a time is several times slower."""
        if not write_messages or self.ABORT_AT_RECORD_COUNT is not None:
            yield from self._sample(context, write_messages)
            return
        first = self.tap.first_answer(self)
        self.tap.run.begin(self.name, first.time)
        with self.get_record_counter() as counter, self.get_sync_timer():
            for page, rows in self._checked(first):
                if self._announced.grown(rows):
                    self._announce()
                self.tap.run.emit(self.name, rows, page.read_at)
                counter.increment(len(rows))
                yield from rows
            if not self._announced.anything:
                self._announce()

    def _sample(self, context: Mapping[str, Any] | None, write_messages: bool) -> Iterator[Row]:
        """The first rows only: what `--test` and the SDK's other trials ask for, outside any run."""
        with self.tap.connected():
            rows = list(islice(self.get_records(context), self.ABORT_AT_RECORD_COUNT))
        if write_messages:
            self._announce()
            self.tap.run.emit(self.name, rows, datetime.now(UTC))
        yield from rows

    def _write_schema_message(self) -> None:
        """Nothing yet: which columns there are to announce is known with the first rows."""

    def _announce(self) -> None:
        """A SCHEMA message with the columns in use."""
        for message in self._generate_schema_messages():
            narrowed = self._announced.narrowed(message.schema["properties"], MARKS)
            message.schema = {**message.schema, "properties": narrowed}  # the SDK's own stays whole
            self.tap.write_message(message)

    def _checked(self, first: Answer) -> Iterator[tuple[Page, list[Row]]]:
        """The pages and their rows, while it is told to the database which windows are whole."""
        unsure: list[str] = []
        try:
            for page in self.pages(first):
                rows = self._rows(page)
                yield page, rows
                ids = [row["id"] for row in rows]
                if page.window is None:
                    unsure += ids
                else:
                    self.tap.run.found(self.name, page.window, ids, page.read_at)
        except Incomplete as missing:
            self.logger.warning(
                "%s may lack rows: %s. Nothing is deleted; the next run reads it again.", self.name, missing
            )
            self.tap.run.doubt(self.name, str(missing))
            return
        if unsure:
            self.tap.run.found(self.name, EVERYTHING, unsure, first.time)


class QueryStream(ObjectStream):
    """An object that is read by `select * from`."""

    _reader: ObjectReader | None = None

    @property
    def questions(self) -> int:
        """Pages and counts."""
        return self._reader.questions if self._reader else 0

    def first(self) -> Answer:
        """The first page."""
        self._reader = ObjectReader(self.tap.client, self.entity, self.tap.ahead)
        return self._reader.first()

    def pages(self, first: Answer) -> Iterator[Page]:
        """Windows of creation times."""
        assert self._reader  # made with the first page
        return self._reader.pages(first)


class OwnUrlStream(ObjectStream):
    """An object that one GET gives whole."""

    @property
    def questions(self) -> int:
        """One."""
        return 1

    def first(self) -> Answer:
        """The only answer."""
        return _REQUESTS[self.entity.name][0](self)

    def pages(self, first: Answer) -> Iterator[Page]:
        """The only page."""
        yield Page(_REQUESTS[self.entity.name][1](self, first), first.time, EVERYTHING)


def _get_entitlements(stream: OwnUrlStream) -> Answer:
    client = stream.tap.client
    return client.get("", accept="application/xml", base=client.connection.entitlements_url)


def _get_list(stream: OwnUrlStream) -> Answer:
    return stream.tap.client.get(stream.entity.resource)


# How an object with a URL of its own is asked for, and how its answer is read.
_REQUESTS: dict[str, tuple[Callable[[OwnUrlStream], Answer], Callable[[OwnUrlStream, Answer], list[Row]]]] = {
    "Entitlements": (
        _get_entitlements,
        lambda stream, answer: [from_xml(answer.body, stream.tap.run.realm_id)],
    ),
    "TaxClassification": (_get_list, lambda stream, answer: answer.documents(stream.entity)),
}


def stream_class(entity: Entity) -> type[ObjectStream]:
    """Which kind of stream an object has."""
    return QueryStream if entity.reading is Reading.QUERY else OwnUrlStream
