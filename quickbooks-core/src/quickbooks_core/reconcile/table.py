"""One table of the mirror beside its object in QuickBooks, page by page.

Pages are read whole: they cost as many calls as pages of ids, and nothing has to be asked again to repair a row.
What differs lands like any other answer, and the merge decides; what QuickBooks does not name is asked for by its
Id before it is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from quickbooks_core.catalog import Entity, Reading
from quickbooks_core.client import Client
from quickbooks_core.mapping import bare_id, document_id, to_row
from quickbooks_core.reading.ahead import Ahead
from quickbooks_core.reading.by_id import ask_by_id
from quickbooks_core.reading.own_url import OwnUrlReader
from quickbooks_core.reading.pages import EVERYTHING, Incomplete, ObjectReader, Page
from quickbooks_core.reconcile.comparison import Comparison, Different

Document = dict[str, Any]


@dataclass
class Report:
    """What was found of one table. Rows by their ids; `kept` are newer in the mirror than QuickBooks' answer."""

    table: str
    rows: int = 0
    missing: list[str] = field(default_factory=list)
    superfluous: list[str] = field(default_factory=list)
    different: list[Different] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    doubt: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether nothing had to be repaired."""
        return not (self.missing or self.superfluous or self.different or self.doubt)


class TableCheck:
    """Compares and repairs one table. `repairs`: whether anything is changed."""

    def __init__(
        self,
        client: Client,
        ahead: Ahead,
        connection: psycopg.Connection,
        schema: str,
        entity: Entity,
        *,
        repairs: bool,
    ) -> None:
        self._client = client
        self._ahead = ahead
        self._entity = entity
        self._repairs = repairs
        self._comparison = Comparison(connection, schema, entity)
        self._report = Report(entity.table)

    def run(self) -> Report:
        """Reads the object once; raises QuickBooksError and psycopg.Error."""
        with self._comparison.begun(uuid.uuid4().hex):
            try:
                self._compare()
                self._find_superfluous()
            except Incomplete as missing:
                self._report.doubt = str(missing)
        return self._report

    def _compare(self) -> None:
        """Every page of the object; those whose window nobody is sure of are one window in the end."""
        unsure: list[str] = []
        read_at: datetime | None = None
        for page in self._pages():
            rows = self._rows(page.documents)
            self._take(rows, page.read_at)
            self._report.rows += len(rows)
            ids = [row["id"] for row in rows]
            if page.window is None:
                unsure, read_at = unsure + ids, read_at or page.read_at
            else:
                self._comparison.saw(page.window, ids, page.read_at)
        if read_at:
            self._comparison.saw(EVERYTHING, unsure, read_at)

    def _pages(self) -> Iterable[Page]:
        if self._entity.reading is Reading.QUERY:
            reader: ObjectReader | OwnUrlReader = ObjectReader(self._client, self._entity, self._ahead)
        else:
            reader = OwnUrlReader(self._client, self._entity)
        return reader.pages(reader.first())

    def _rows(self, documents: Iterable[Document]) -> list[dict[str, Any]]:
        return [to_row(self._entity, document, self._comparison.selected) for document in documents]

    def _take(self, rows: list[dict[str, Any]], read_at: datetime) -> None:
        """Compares the rows of one answer, and lands those that differ."""
        found = self._comparison.differing(rows, read_at)
        self._report.missing += [one.id for one in found if not one.columns]
        self._report.different += [one for one in found if one.columns]
        if found and self._repairs:
            self._report.kept += self._comparison.land([one.id for one in found])

    def _find_superfluous(self) -> None:
        for ids, read_at in self._comparison.unseen():
            there = self._found_after_all(ids)
            gone = [id for id in ids if id not in there]
            self._report.superfluous += gone
            if gone and self._repairs:
                self._comparison.delete(gone, read_at)

    def _found_after_all(self, ids: list[str]) -> set[str]:
        """Of these ids those that QuickBooks has: an index may lag."""
        if self._entity.id_paths != ("Id",) or self._entity.reading is not Reading.QUERY:
            return set()
        there: set[str] = set()
        for answer in ask_by_id(self._client, self._entity, [bare_id(self._entity, id) for id in ids]):
            documents = answer.documents(self._entity)
            there.update(document_id(self._entity, document) for document in documents)
            self._take(self._rows(documents), answer.time)
        return there
