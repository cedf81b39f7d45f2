"""RETURNING shows what QuickBooks has made of the rows, in the order of the statement.

Columns that come straight from the table are replaced by those of the answer; where anything is computed, the client's
own list is worked out once more, from the answers instead of the table. Postgres does both, so that values look as it
writes them in this session. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quickbooks_core.postgres.statements import PENDING
from quickbooks_core.writing import Action, ClientError

from quickbooks_proxy.asking import Ended
from quickbooks_proxy.columns import Column
from quickbooks_proxy.images import Image, Refusal, as_json, shown
from quickbooks_proxy.messages import data_row, row_values
from quickbooks_proxy.script import Message, Rows, helper
from quickbooks_proxy.statement import Statement

_JSONB = 3802
_PARAMETER = re.compile(r"\$\d")


@dataclass(frozen=True)
class Tables:
    """The mirror's tables as the catalogs of this database know them."""

    schema: str
    names: frozenset[str]
    by_oid: Mapping[int, str]
    columns: Mapping[tuple[int, int], str]


class Refresh:
    """The result of one statement, and how it becomes what QuickBooks has made."""

    def __init__(
        self, tables: Tables, statement: Statement, columns: Sequence[Column], images: Sequence[Image]
    ) -> None:
        self._tables = tables
        self._statement = statement
        self._columns = columns
        self._table = statement.targets[0] if statement.targets else images[0].table
        self._images = [image for image in images if image.table == self._table]
        self._places = [
            n for n, column in enumerate(columns) if tables.by_oid.get(column.table) == self._table
        ]
        is_fresh = any(image.action is not Action.DELETE for image in images)
        self.is_needed = is_fresh and bool(self._places if self._is_plain else columns)

    @property
    def _is_plain(self) -> bool:
        """Every column is one of some table; one of ours that has come since the catalogs were read is worked out."""
        known = self._tables.columns
        ours = (self._columns[n] for n in self._places)
        return all(c.table for c in self._columns) and all((c.table, c.number) in known for c in ours)

    @property
    def _query(self) -> str:
        alias = "r" if self._is_plain else _quoted(self._statement.alias or self._table)
        table = f"{_quoted(self._tables.schema)}.{_quoted(self._table)}"
        # The list may mean something else here than in the statement: it gets nothing that the client may not see.
        visible = (
            f"{_quoted(self._tables.schema)}._sync_visible({_literal(self._table)}::pg_catalog.text, $1)"
        )
        return (
            f"SELECT {self._plain if self._is_plain else self._statement.returning}\n"
            f"FROM pg_catalog.jsonb_populate_recordset(NULL::{table}, {visible}) AS {alias}"
        )

    @property
    def _plain(self) -> str:
        names = (self._tables.columns[self._columns[n].table, self._columns[n].number] for n in self._places)
        return ", ".join(f"r.{_quoted(name)}" for name in names)

    def check(self, rows: Sequence[Message]) -> None:
        """Raises Refusal where rows and changes cannot be matched, or a list could not be worked out again."""
        if not rows:
            self.is_needed = False
        if self._is_plain and self._is_foreign(rows):
            raise self.refusal()
        if not self.is_needed:
            return
        is_own = self._statement.verb in ("INSERT", "UPDATE", "MERGE") and len(rows) == len(self._images)
        knows = self._is_plain or (
            bool(self._statement.returning) and not _PARAMETER.search(self._statement.returning)
        )
        if not is_own or not knows:
            raise self.refusal()

    def _is_foreign(self, rows: Sequence[Message]) -> bool:
        """Whether a provisional id would be shown under a column that is not replaced."""
        mark = PENDING.encode()
        others = [n for n in range(len(self._columns)) if n not in self._places]
        return any(mark in (row_values(row.body)[n] or b"") for row in rows for n in others)

    def refusal(self) -> Refusal:
        """For a list that only the statement itself could work out."""
        words = "[QuickBooks] RETURNING can show columns of the table itself, and what is computed from them"
        hint = "Leave the rest out, and select it afterwards."
        return Refusal(ClientError("0A000", words, hint=hint), self._table)

    def trial(self) -> bytes:
        """The same query for no rows."""
        return helper(self._query, [b"[]"], [_JSONB], self._formats)

    def query(self, ends: Mapping[int, Ended]) -> bytes:
        """The query, with the rows as they are now; `ends` by the identity of the image."""
        ended = [ends.get(id(image)) for image in self._images]
        rows = [
            shown(image, end.answer if end else None) for image, end in zip(self._images, ended, strict=True)
        ]
        return helper(self._query, [as_json(rows)], [_JSONB], self._formats)

    @property
    def _formats(self) -> list[int]:
        chosen = self._places if self._is_plain else range(len(self._columns))
        return [self._columns[n].format for n in chosen]

    def merged(self, rows: Sequence[Message], fresh: Rows) -> list[bytes]:
        """The rows of the statement with the fresh values in them."""
        if not self._is_plain:
            return [data_row(values) for values in fresh]
        return [self._with(row, values) for row, values in zip(rows, fresh, strict=True)]

    def _with(self, row: Message, fresh: Sequence[bytes | None]) -> bytes:
        values = row_values(row.body)
        for place, value in zip(self._places, fresh, strict=True):
            values[place] = value
        return data_row(values)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
