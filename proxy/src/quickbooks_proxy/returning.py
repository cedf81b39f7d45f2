"""RETURNING shows what QuickBooks has made of the rows, in the order of the statement.

Columns of the table itself are replaced by those of the answer, and what is worked out from them is worked out once
more, from the answers instead of the table. Postgres does both, so that values look as it writes them in this session.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quickbooks_core.postgres.statements import PENDING
from quickbooks_core.writing import Action, ClientError

from quickbooks_proxy.asking import Ended
from quickbooks_proxy.columns import Column
from quickbooks_proxy.images import Image, Refusal, as_json, shown
from quickbooks_proxy.lexer import quoted
from quickbooks_proxy.listing import Listed, Source, Target, depends, kept, listed, looks_back
from quickbooks_proxy.lists import Item
from quickbooks_proxy.messages import data_row, row_values
from quickbooks_proxy.relations import Relation, Tables
from quickbooks_proxy.script import Message, Rows, helper
from quickbooks_proxy.statement import Statement

_JSONB, _TEXTS = 3802, 1009


@dataclass(frozen=True)
class Parameters:
    """What the client has bound, as it has; `types` as the server has understood them."""

    values: Sequence[bytes | None] = ()
    formats: Sequence[int] = ()
    types: Sequence[int] = ()


class Refresh:
    """The result of one statement, and how it becomes what QuickBooks has made. `codec`: the client's encoding."""

    def __init__(
        self,
        tables: Tables,
        statement: Statement,
        columns: Sequence[Column],
        images: Sequence[Image],
        codec: str,
    ) -> None:
        self._statement = statement
        self._columns = columns
        self._codec = codec
        self._schema = self._bytes(tables.schema)
        self.parameters = Parameters()
        found = tables.find([self._text(name) for name in statement.main]) if statement.main else None
        self._relation = self._as_bytes(found) if found else None
        self._table = found.table if found else (*statement.targets, images[0].table)[0]
        self._images = [image for image in images if image.table == self._table]
        self._target = self._aimed(tables)
        self._listed = listed(statement, self._target, columns) if self._target and columns else None
        self.is_needed = bool(columns) and any(
            one.action is not Action.DELETE for one in self._images or images
        )

    def _text(self, name: str) -> str:
        return name.encode("latin-1").decode(self._codec, "replace")

    def _bytes(self, name: str) -> str:
        """A name as the client writes it, each character a byte."""
        return name.encode(self._codec, "replace").decode("latin-1")

    def _as_bytes(self, found: Relation) -> Relation:
        columns = {number: (self._bytes(name), of) for number, (name, of) in found.columns.items()}
        return Relation(found.oid, self._bytes(found.schema), self._bytes(found.name), found.table, columns)

    def _aimed(self, tables: Tables) -> Target | None:
        if self._relation is None:
            return None
        of = {tables.find([self._text(name)]) for name in self._statement.targets}
        changing = {self._relation.table, *(one.table for one in of if one)}
        written = {self._bytes(one.name) for one in tables.by_oid.values() if one.table in changing}
        return Target(self._relation, self._statement.alias, frozenset(written))

    @property
    def parameter(self) -> int:
        """The highest of the client's parameters that the query needs, or 0."""
        return max((one.item.parameter for one in self._listed or () if one.is_again), default=0)

    def check(self, rows: Sequence[Message]) -> None:
        """Raises Refusal where rows and changes cannot be matched, or something could not be shown as it will be."""
        self.is_needed = self.is_needed and bool(rows)
        if not self.is_needed:
            return
        if self._listed is None or len(rows) != len(self._images):
            raise self.refusal()
        self._listed = [
            self._looking_back(one)
            if one.source is Source.STATEMENT and self._is_lacking(one, place, rows)
            else one
            for place, one in enumerate(self._listed)
        ]
        self._check_kept(rows, self._listed)

    def _check_kept(self, rows: Sequence[Message], found: Sequence[Listed]) -> None:
        """What is shown as the statement has found it must be nothing that QuickBooks has yet to give."""
        for place, one in enumerate(found):
            if one.source is Source.STATEMENT and self._is_lacking(one, place, rows):
                raise self.refusal()
        self.is_needed = any(one.source is not Source.STATEMENT for one in found)

    def _is_lacking(self, one: Listed, place: int, rows: Sequence[Message]) -> bool:
        """Whether QuickBooks has yet to give something of it."""
        assert self._target is not None
        given = self._target.given(has_new=any(image.action is Action.CREATE for image in self._images))
        mark = PENDING.encode()
        return depends(one, self._target, given, is_several=self._is_several) or any(
            mark in (row_values(row.body)[place] or b"") for row in rows
        )

    @property
    def _is_several(self) -> bool:
        return len(self._statement.targets) > 1

    def _looking_back(self, one: Listed) -> Listed:
        """What a query in it reads is the table as it was, which can be told from the rows that were written."""
        assert self._target is not None
        can = one.item.has_query and not self._is_several and looks_back(one.item, self._target)
        return replace(one, source=Source.BEFORE) if can else one

    def refusal(self) -> Refusal:
        """For a list that only the statement itself could work out."""
        words = "[QuickBooks] RETURNING can show columns of the table itself, and what is computed from them"
        hint = "Leave the rest out, and select it afterwards."
        return Refusal(ClientError("0A000", words, hint=hint), self._table)

    def keep(self, rows: Sequence[Message]) -> None:
        """What cannot be worked out from the table's rows alone is shown as the statement has found it."""
        self._listed = kept(self._listed or ())
        self._check_kept(rows, self._listed)

    def trial(self) -> bytes:
        """The query for no rows."""
        return self._asked([])

    def query(self, ends: Mapping[int, Ended]) -> bytes:
        """The query, with the rows as they are now; `ends` by the identity of the image."""
        assert self._relation is not None
        ended = [ends.get(id(image)) for image in self._images]
        rows = [
            shown(image, end.answer if end else None) for image, end in zip(self._images, ended, strict=True)
        ]
        return self._asked(rows, [image.old for image in self._images if image.old])

    def _as_shown(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        """Rows of the table with the names that their columns have in the view that is written, if it is one."""
        assert self._relation is not None
        if not self._relation.is_view:
            return as_json(rows)
        columns = self._relation.shown.items()
        return as_json([{self._text(name): row.get(of) for name, of in columns if of} for row in rows])

    def _before(self, item: Item) -> str:
        """An item whose queries read the target without what is written, and with what that was before."""
        assert self._target is not None
        relation, place = self._target.relation, len(self.parameters.values) + 2
        table = f"{quoted(relation.schema)}.{quoted(relation.name)}"
        id = next(name for name, of in relation.shown.items() if of == "id")
        visible = f"{quoted(self._schema)}._sync_visible({relation.oid}::pg_catalog.oid, ${place + 1})"
        was = (
            f"(SELECT * FROM {table} WHERE {quoted(id)} OPERATOR(pg_catalog.<>) ALL (${place}) UNION ALL "
            f"SELECT * FROM pg_catalog.jsonb_populate_recordset(NULL::{table}, {visible}))"
        )
        return item.with_tables(dict.fromkeys(looks_back(item, self._target), was))

    def _asked(self, rows: Sequence[Mapping[str, object]], old: Sequence[Mapping[str, object]] = ()) -> bytes:
        relation, alias, given = self._relation, quoted(self._statement.alias), self.parameters
        assert relation is not None
        # The list may mean something else here than in the statement: it gets nothing that the client may not see.
        ours, rows_of = quoted(self._schema), f"{relation.oid}::pg_catalog.oid, ${len(given.values) + 1}"
        fresh = [one for one in self._listed or () if one.source is not Source.STATEMENT]
        wanted = ", ".join(
            f"{alias}.{quoted(one.item.column.name)}"
            if one.source is Source.ANSWER and one.item.column
            else self._before(one.item)
            if one.source is Source.BEFORE
            else one.item.text
            for one in fresh
        )
        statement = (
            f"SELECT {wanted}\nFROM pg_catalog.jsonb_populate_recordset("
            f"NULL::{quoted(relation.schema)}.{quoted(relation.name)}, {ours}._sync_visible({rows_of})) AS {alias}"
        )
        values, types = [self._as_shown(rows)], [_JSONB]
        if any(one.source is Source.BEFORE for one in fresh):
            ids = ",".join(f'"{row["id"]}"' for row in rows)
            values += [f"{{{ids}}}".encode(), self._as_shown(old)]
            types += [_TEXTS, _JSONB]
        return helper(
            statement.encode("latin-1"), [*given.values, *values], [*given.types, *types],
            [self._columns[n].format for n in self._places], [*given.formats, *[0] * len(values)],
        )  # fmt: skip

    @property
    def _places(self) -> list[int]:
        return [n for n, one in enumerate(self._listed or ()) if one.source is not Source.STATEMENT]

    def merged(self, rows: Sequence[Message], fresh: Rows) -> list[bytes]:
        """The rows of the statement with the fresh values in them."""
        return [self._with(row, values) for row, values in zip(rows, fresh, strict=True)]

    def _with(self, row: Message, fresh: Sequence[bytes | None]) -> bytes:
        values = row_values(row.body)
        for place, value in zip(self._places, fresh, strict=True):
            values[place] = value
        return data_row(values)
