"""The whole mirror beside the whole company: every table, row and column, by value.

Asks QuickBooks itself, with nobody writing. What a row should be is what the mapping makes of its document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import requests
from history.company import rows
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from quickbooks_core.catalog import MIRRORED, Entity, Kind, Reading
from quickbooks_core.entitlements import from_xml
from quickbooks_core.mapping import EXTRA, to_row
from quickbooks_demo.sandbox import Sandbox

Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One value, or one row, that is not the same on both sides."""

    table: str
    id: str
    column: str
    mirror: Any
    quickbooks: Any

    def __str__(self) -> str:
        return f"{self.table} {self.id} {self.column}: mirror {self.mirror!r}, QuickBooks {self.quickbooks!r}"


def differences(sandbox: Sandbox, mirror: str, entities: Iterable[Entity] = MIRRORED) -> Iterator[Difference]:
    """Of mirrored tables of a company and a database."""
    given = sandbox.connect()
    with requests.Session() as session, psycopg.connect(mirror) as connection:
        session.headers.update(
            {"Authorization": f"Bearer {given.access_token}", "Accept": "application/json"}
        )
        set_json_loads(partial(json.loads, parse_float=Decimal), connection)
        for entity in entities:
            wanted = {row["id"]: row for row in _wanted(session, sandbox.url, given.realm_id, entity)}
            yield from _compared(entity, _mirrored(connection, entity), wanted)


def left_over(mirror: str) -> list[str]:
    """What no run may leave behind: landed rows, parked rows, forbidden deletions."""
    with psycopg.connect(mirror) as connection:
        landed = [entity.table for entity in MIRRORED if _count(connection, "quickbooks_load", entity.table)]
        parked = connection.execute("select table_name, id from _sync_parked").fetchall()
        forbidden = connection.execute(
            "select table_name, id, error from _sync_deletes where status = 'forbidden'"
        ).fetchall()
    return [f"rows left in quickbooks_load.{table}" for table in landed] + [
        f"{what}: {row}" for what, found in (("parked", parked), ("forbidden", forbidden)) for row in found
    ]


def _count(connection: psycopg.Connection, schema: str, table: str) -> int:
    statement = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
    found = connection.execute(statement).fetchone()
    assert found
    return int(found[0])


def _wanted(session: requests.Session, url: str, realm_id: str, entity: Entity) -> Iterator[Row]:
    company = f"{url}/v3/company/{realm_id}"
    if entity.reading is Reading.QUERY:
        documents = list(rows(session, company, entity))
    elif entity.name == "Entitlements":
        answer = session.get(f"{url}/manage/entitlements/v3/{realm_id}", timeout=60)
        documents = [from_xml(answer.content, realm_id)]
    else:
        answer = session.get(f"{company}/{entity.resource}", timeout=60)
        documents = answer.json(parse_float=Decimal)["QueryResponse"][entity.key]
    return (to_row(entity, document) for document in documents)


def _mirrored(connection: psycopg.Connection, entity: Entity) -> dict[str, Row]:
    columns = [*entity.columns, EXTRA]
    with connection.cursor(row_factory=dict_row) as cursor:
        statement = sql.SQL("select {} from {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(entity.table)
        )
        return {row["id"]: row for row in cursor.execute(statement)}


def _compared(entity: Entity, mirror: dict[str, Row], wanted: dict[str, Row]) -> Iterator[Difference]:
    for id in sorted(mirror.keys() | wanted.keys()):
        if id not in mirror or id not in wanted:
            sides = ("a row" if id in side else "none" for side in (mirror, wanted))
            yield Difference(entity.table, id, "", *sides)
            continue
        for column, field in entity.columns.items():
            here, there = mirror[id][column], _value(field.kind, wanted[id].get(column))
            if not field.volatile and not same(here, there):
                yield Difference(entity.table, id, column, here, there)
        if not same(mirror[id][EXTRA], wanted[id].get(EXTRA)):
            yield Difference(entity.table, id, EXTRA, mirror[id][EXTRA], wanted[id].get(EXTRA))


def _value(kind: Kind, value: Any) -> Any:
    """As the database gives it."""
    if value is None:
        return None
    if kind is Kind.DATE:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if kind is Kind.TIMESTAMP else value


def same(one: Any, other: Any) -> bool:
    """By value: 300 is 300.00, and true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
