"""One object of the catalogue as one Singer stream: its schema, its selection, and how its rows are written."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from quickbooks_core.catalog import Entity
from quickbooks_core.mapping import mapper
from quickbooks_core.schema import AUTOMATIC, MARKS, PART, PART_SCHEMA, json_schema
from singer_sdk import Stream
from singer_sdk.singerlib import Metadata, MetadataMapping

from tap_quickbooks.announced import Announced

if TYPE_CHECKING:
    from tap_quickbooks.tap import TapQuickBooks

Document = dict[str, Any]
Row = dict[str, Any]


class ObjectStream(Stream):
    """One object of the catalogue as one stream; how it is read is its way's matter."""

    tap: TapQuickBooks
    entity: Entity

    def __init__(self, tap: TapQuickBooks, entity: Entity) -> None:
        self.entity = entity
        self.tap = tap
        super().__init__(tap, schema=json_schema(entity), name=entity.table)
        self.primary_keys = ("id",)
        self._announced = Announced()
        self._marks_of_parts: Mapping[str, Any] = {}

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
        return frozenset(column for column in self._offered if self.mask[("properties", column)])

    @property
    def left_out(self) -> frozenset[str]:
        """The columns of the mirror that are not selected."""
        return frozenset(self._offered) - self.columns

    @property
    def _offered(self) -> list[str]:
        return [name for name in self.schema["properties"] if name not in MARKS]

    def emit(self, documents: Iterable[Document], read_at: datetime) -> list[str]:
        """Writes documents of one answer; their ids."""
        to_row = mapper(self.entity, self.columns)
        return self._write([to_row(document) for document in documents], read_at)

    def emit_part(self, documents: Iterable[Document], read_at: datetime, columns: frozenset[str]) -> None:
        """Writes some columns of documents; the mirror keeps what it has in the others."""
        to_row = mapper(self.entity, columns)
        part = {PART: ",".join(sorted(columns))}
        self._marks_of_parts = {PART: PART_SCHEMA}
        self._write([to_row(document) | part for document in documents], read_at)

    def end(self) -> None:
        """After the last row. A table that is read whole is announced even if it is empty."""
        if not self._announced.anything:
            self._announce()

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Row]:  # noqa: ARG002
        """All rows, unmarked (the SDK's door; a sync goes by `_sync_records`)."""
        to_row = mapper(self.entity, self.columns)
        for page in self.tap.whole(self).pages():
            yield from map(to_row, page.documents)

    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[Row, None, None]:
        """Emits page after page: a record at a time is several times slower."""
        if not write_messages or self.ABORT_AT_RECORD_COUNT is not None:
            yield from self._sample(context, write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer():
            self._counter = counter
            self.tap.run.begin(self.name)
            self.tap.way_of(self).read()

    def _sample(self, context: Mapping[str, Any] | None, write_messages: bool) -> Iterator[Row]:
        """The first rows only: what `--test` and the SDK's other trials ask for, outside any run."""
        with self.tap.connected():
            rows = list(islice(self.get_records(context), self.ABORT_AT_RECORD_COUNT))
        if write_messages:
            self._announce()
            self.tap.run.emit(self.name, rows, datetime.now(UTC))
        yield from rows

    def _write(self, rows: list[Row], read_at: datetime) -> list[str]:
        if self._announced.grown(rows):
            self._announce()
        self.tap.run.emit(self.name, rows, read_at)
        self._counter.increment(len(rows))
        return [row["id"] for row in rows]

    def _write_schema_message(self) -> None:
        """Nothing yet: which columns there are to announce is known with the first rows."""

    def _announce(self) -> None:
        """A SCHEMA message with the columns in use."""
        for message in self._generate_schema_messages():
            known = {**message.schema["properties"], **self._marks_of_parts}
            narrowed = self._announced.narrowed(known, MARKS)
            message.schema = {**message.schema, "properties": narrowed}  # the SDK's own stays whole
            self.tap.write_message(message)
