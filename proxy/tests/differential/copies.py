"""Two copies of the same books: a mirror, and plain tables without any trigger of ours in a database beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from quickbooks_core.catalog import by_table
from quickbooks_core.writing import encoded
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database

Row = dict[str, Any]
TABLES = ("customer", "vendor", "item", "department", "invoice", "payment", "bill", "time_activity")
# What only the server knows: the copies cannot agree on it.
SERVERS_OWN = ("id", "sync_token", "created_at", "updated_at", "_sync_read_at")
UNKNOWN = SERVERS_OWN[1:]
_READ_AT = "2026-01-02T00:00:00+00:00"
_REGIONS = "SELECT * FROM region ORDER BY code"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Copies:
    """Both, as the superuser sees them."""

    mirror: Address
    plain: Address

    def rows(self, address: Address, table: str) -> dict[str, Row]:
        """What is in a table, by id, without what the copies cannot agree on."""
        statement = f"SELECT id, (to_jsonb(t) - %s::text[])::text FROM {table} AS t"
        return {
            id: json.loads(text, parse_float=Decimal)
            for id, text in address.query(statement, (list(UNKNOWN),))
        }

    def ids(self) -> dict[str, list[str]]:
        """Which rows there are."""
        union = " UNION ALL ".join(f"SELECT '{table}', id FROM {table}" for table in TABLES)
        found: dict[str, list[str]] = {table: [] for table in TABLES}
        for table, id in sorted(self.plain.query(union)):
            found[table].append(id)
        return found

    def differences(self) -> Iterator[str]:
        """Where the tables differ."""
        if self.mirror.query(_REGIONS) != self.plain.query(_REGIONS):
            yield "region: other rows"
        for table in TABLES:
            ours, plain = self.rows(self.mirror, table), self.rows(self.plain, table)
            for id in sorted(ours.keys() | plain.keys()):
                one, other = ours.get(id), plain.get(id)
                if one != other:
                    yield f"{table} {id}: {_apart(other, one)}"

    def align(self) -> None:
        """The plain tables become what the mirror is, after a statement that was refused by one side only."""
        with psycopg.connect(self.plain.url) as plain:
            # A trigger of the user's would make something else of rows that have been there before it.
            plain.execute("SET session_replication_role = replica")
            plain.execute("DELETE FROM region")
            for row in self.mirror.query(_REGIONS):
                plain.execute("INSERT INTO region VALUES (%s, %s, %s)", row)
            for table in TABLES:
                rows = encoded(list(self.rows(self.mirror, table).values())).decode()
                plain.execute(f"DELETE FROM {table}".encode())
                plain.execute(_filling(table).encode(), (rows,))


def _filling(table: str) -> str:
    return (f"INSERT INTO {table} SELECT r.* FROM jsonb_array_elements(%s::jsonb) AS e (one), LATERAL "
            f"""jsonb_populate_record(NULL::{table}, '{{"_sync_read_at": "-infinity"}}' || e.one) AS r""")  # fmt: skip


def _apart(plain: Row | None, ours: Row | None) -> str:
    if plain is None or ours is None:
        return f"only in the {'mirror' if plain is None else 'plain copy'}: {_short(plain or ours or {})}"
    return ", ".join(
        f"{name} plain {plain.get(name)!r}, mirror {ours.get(name)!r}"
        for name in plain
        if plain.get(name) != ours.get(name)
    )


def _short(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def made(mirror: Database, server: Address, name: str, documents: dict[str, dict[str, Row]]) -> Copies:
    """Both copies, with the same rows, and with what the user has added to both."""
    plain = server.on(name)
    mirror.superuser.query("INSERT INTO _sync_company (environment, realm_id) VALUES ('sandbox', '1')")
    for table in TABLES:
        columns = mirror.superuser.query(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (table,),
        )
        plain.query(_plain_table(table, columns))
        rows = encoded(list(documents[table].values())).decode()
        plain.query(_filling(table), (rows,))
        mirror.superuser.query(
            f"INSERT INTO quickbooks_load.{table} SELECT r.* FROM jsonb_array_elements(%s::jsonb) AS e (one), LATERAL "
            f"jsonb_populate_record(NULL::quickbooks_load.{table}, e.one || %s::jsonb) AS r",
            (rows, json.dumps({"_sync_read_at": _READ_AT})),
        )
    for address in (plain, mirror.superuser):
        address.query((_HERE / "users_own.sql").read_text())
    return Copies(mirror.superuser, plain)


def _plain_table(table: str, columns: list[tuple[str, str]]) -> str:
    """The same columns; ids that are given in order, and told with the row that they are given to."""
    template = sql.SQL((_HERE / "plain.sql").read_text())
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in columns
        if name != "id"  # type: ignore[arg-type]
    )
    names = {"table": sql.Identifier(table), "ids": sql.Identifier(f"{table}_ids"), "columns": listed}
    words = {"prefix": sql.Literal(f"qbk_{by_table(table).prefix}"), "sequence": sql.Literal(f"{table}_ids")}
    return template.format(**names, **words).as_string(None)
