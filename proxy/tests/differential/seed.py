"""The rows that both copies begin with."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Kind

from .columns import Column, columns_of, value
from .copies import TABLES, Row

_ROWS = 10
_AT = "2026-01-01T12:00:00+00:00"


def documents_of(random: Random) -> dict[str, dict[str, Row]]:
    """Rows of each table by their ids, as QuickBooks has them."""
    ids = {table: [f"qbk_{by_table(table).prefix}{n}" for n in range(1, _ROWS + 1)] for table in TABLES}
    return {table: {id: _row(random, table, id, ids) for id in ids[table]} for table in TABLES}


def _row(random: Random, table: str, id: str, ids: dict[str, list[str]]) -> Row:
    known = {
        one.name: _plain(one, value(random, one, ids).text)
        for one in columns_of(table)
        if _is_set(random, one)
    }
    if table == "customer":
        known["resale_num"] = f"key {id[-1]}"
    if table == "item":
        known["sku"] = known.get("sku") or "none"
    if table == "time_activity":
        known |= {"hours": 5}
    if table == "payment":
        known["payment_ref_num"] = None
    active = {"active": True} if by_table(table).has_active else {}
    return {**known, **active, "id": id, "sync_token": "0", "created_at": _AT, "updated_at": _AT}


def _is_set(random: Random, column: Column) -> bool:
    return column.is_required or column.name in ("display_name", "title", "hours") or random.random() < 0.4


def _plain(column: Column, text: str | None) -> object:
    if text is None:
        return None
    match column.kind:
        case Kind.BOOLEAN:
            return text in ("t", "yes")
        case Kind.INTEGER:
            return int(text)
        case Kind.NUMBER | Kind.MONEY:
            return Decimal(format(Decimal(text), "f"))
        case Kind.JSON:
            return json.loads(text, parse_float=Decimal)
    return text
