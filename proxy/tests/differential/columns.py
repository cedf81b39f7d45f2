"""The columns that statements write, by the catalogue, and random values for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from random import Random

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Access, Field, Kind

from .client import Value
from .copies import TABLES

_CHOSEN = (Kind.TEXT, Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.REF)
# What the catalogue alone does not say: columns whose values must fit others.
_LEFT_OUT = ("currency_code", "exchange_rate", "active", "parent_id", "project_id", "type", "source")
_REQUIRED = {
    "item": ("name",), "department": ("name",), "invoice": ("line", "customer_id"), "payment": ("total_amt", "customer_id"),
    "bill": ("vendor_id", "line"), "time_activity": ("name_of",),
}  # fmt: skip
WORDS = (
    "north",
    "Süd",
    "it's",
    'a "quoted" word',
    "back\\slash",
    "",
    "  spaces ",
    "100 %",
    "日本",
    "$1",
    "; --",
    "x",
)
OIDS = {
    Kind.TEXT: 25, Kind.BOOLEAN: 16, Kind.INTEGER: 23, Kind.NUMBER: 1700, Kind.MONEY: 1700, Kind.DATE: 1082,
    Kind.REF: 25, Kind.JSON: 3802,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column that a client may set."""

    name: str
    kind: Kind
    length: int
    to: str = ""
    is_required: bool = False


@cache
def columns_of(table: str) -> tuple[Column, ...]:
    """Those of a table, in the catalogue's order."""
    required = _REQUIRED.get(table, ())
    found = [
        _column(field, field.column in required) for field in by_table(table).fields if _is_chosen(field)
    ]
    return tuple(one for one in found if one.kind is not Kind.REF or one.to in TABLES)


def _is_chosen(field: Field) -> bool:
    is_free = field.access is Access.WRITE and field.column not in _LEFT_OUT and not field.quoted
    return is_free and (field.kind in _CHOSEN or field.column == "line") and (field.max_length or 99) >= 15


def _column(field: Field, is_required: bool) -> Column:
    to = next((table for table in TABLES if by_table(table).name == field.to), "?") if field.to else ""
    return Column(field.column, field.kind, field.max_length or 60, to, is_required)


def value(random: Random, column: Column, ids: dict[str, list[str]]) -> Value:
    """One that QuickBooks would keep as it is; NULL now and then."""
    if not column.is_required and random.random() < 0.1:
        return Value(None, random.choice((0, OIDS[column.kind])))
    return Value(_text(random, column, ids), random.choice((0, OIDS[column.kind])))


def _text(random: Random, column: Column, ids: dict[str, list[str]]) -> str:
    match column.kind:
        case Kind.BOOLEAN:
            return random.choice(("t", "false", "yes"))
        case Kind.INTEGER:
            return str(random.randrange(24))
        case Kind.NUMBER:
            return random.choice(("1", "2.5", "0.125", "1e2", "100"))
        case Kind.MONEY:
            return f"{random.randrange(10_000)}.{random.randrange(100):02}"
        case Kind.DATE:
            return f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        case Kind.REF:
            return random.choice(ids[column.to] or [f"qbk_{by_table(column.to).prefix}1"])
        case Kind.JSON:
            return json.dumps(lines(random))
    word = random.choice(WORDS)
    return (word or "needed")[: column.length] if column.is_required else word[: column.length]


def lines(random: Random) -> list[dict[str, object]]:
    """The lines of a transaction."""
    return [
        {
            "Id": str(n + 1),
            "Amount": random.randrange(1000) / 4,
            "Description": random.choice(WORDS),
            "Detail": {"Qty": n},
        }
        for n in range(random.randint(1, 3))
    ]
