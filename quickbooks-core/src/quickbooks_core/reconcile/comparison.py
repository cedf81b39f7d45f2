"""Rows of QuickBooks beside the mirror's, compared by value in the database, and landed there where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from quickbooks_core.catalog import Entity
from quickbooks_core.mapping import EXTRA
from quickbooks_core.postgres.statements import READ_AT, Names, columns_of
from quickbooks_core.reading.pages import Window

Row = Mapping[str, Any]

_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Different:
    """A row that is another in the mirror; without columns it is not there."""

    id: str
    columns: tuple[str, ...]


class Comparison:
    """Of one table."""

    def __init__(self, connection: psycopg.Connection, schema: str, entity: Entity) -> None:
        self._connection = connection
        self._names = Names(schema)
        self._entity = entity
        left_out = {column for (column,) in self._execute("deselected", (entity.table,))}
        self.selected = frozenset(columns_of(entity)) - left_out
        self._columns = [column for column in columns_of(entity) if column in self.selected]
        self._run = ""
        self._pages = 0

    @contextmanager
    def begun(self, run: str) -> Iterator[None]:
        """While a table is compared; what was noted of its windows goes in the end."""
        self._run = run
        self._connection.execute(
            sql.SQL("CREATE TEMP TABLE page (LIKE {})").format(
                sql.Identifier(self._names.load, self._entity.table)
            )
        )
        try:
            yield
        finally:
            if not self._connection.broken:
                self._connection.execute("DROP TABLE page")
                self._execute("forget", (run,))

    def differing(self, rows: Sequence[Row], read_at: datetime) -> list[Different]:
        """Those of one answer that the mirror has not, or not so. Nobody has to be sure of their order."""
        self._connection.execute("TRUNCATE page")
        self._copy(rows, read_at)
        return self._compared()

    def land(self, ids: list[str]) -> list[str]:
        """Gives rows of the answer to the merge; the ids of those that it did not take."""
        columns = sql.SQL(", ").join(map(sql.Identifier, [*self._columns, READ_AT]))
        self._connection.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM page WHERE id = ANY (%s) ORDER BY id").format(
                sql.Identifier(self._names.load, self._entity.table), columns, columns
            ),
            [ids],
        )
        return [one.id for one in self._compared()]

    def saw(self, window: Window, ids: list[str], read_at: datetime) -> None:
        """Notes that a window of creation times holds exactly these."""
        self._pages += 1
        values = (
            self._run,
            self._entity.table,
            self._pages,
            window.start,
            window.end,
            json.dumps(ids),
            read_at,
        )
        self._execute("saw", values)

    def unseen(self) -> list[tuple[list[str], datetime]]:
        """Rows of the mirror that no window named, by the time of the answer that lacked them."""
        return [(ids, at) for ids, at in self._execute("unseen", (self._run, self._entity.table))]

    def delete(self, ids: list[str], read_at: datetime) -> None:
        """Deletes rows that QuickBooks does not have."""
        self._execute("delete", (self._entity.table, ids, read_at))

    def _copy(self, rows: Iterable[Row], read_at: datetime) -> None:
        columns = [*self._columns, READ_AT]
        into = sql.SQL("COPY page ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row([_text(row.get(column)) for column in self._columns] + [read_at.isoformat()])

    def _compared(self) -> list[Different]:
        telling = [c for c in self._columns if c == EXTRA or not self._entity.columns[c].volatile]
        statement = sql.SQL(
            "SELECT p.id, m.id IS NULL, array_remove(ARRAY[{}], NULL) FROM page AS p LEFT JOIN {} AS m ON m.id = p.id"
            " WHERE m.id IS NULL OR ({}) IS DISTINCT FROM ({}) ORDER BY p.id"
        ).format(
            sql.SQL(", ").join(
                sql.SQL("CASE WHEN m.{0} IS DISTINCT FROM p.{0} THEN {1} END").format(
                    sql.Identifier(c), sql.Literal(c)
                )
                for c in telling
            ),
            sql.Identifier(self._names.mirror, self._entity.table),
            sql.SQL(", ").join(sql.SQL("m.{}").format(sql.Identifier(c)) for c in telling),
            sql.SQL(", ").join(sql.SQL("p.{}").format(sql.Identifier(c)) for c in telling),
        )
        found = self._connection.execute(statement).fetchall()
        return [Different(id, () if absent else tuple(columns)) for id, absent, columns in found]

    def _execute(self, name: str, values: Sequence[Any]) -> list[Any]:
        """One of the statements beside this module."""
        text = files(__package__).joinpath("sql", f"{name}.sql").read_text()
        cursor = self._connection.execute(
            sql.SQL(text).format(
                mirror=sql.Identifier(self._names.mirror), load=sql.Identifier(self._names.load)
            ),
            values,
        )
        return cursor.fetchall() if cursor.description else []


def _text(value: Any) -> Any:
    return _JSON.encode(value).decode() if isinstance(value, dict | list) else value
