"""The table of values that columns take: a good one for each, where that of its kind would not do.

`cases.json` has columns of one meaning in all objects, the least row that an object can be made of, and single
columns. A single case may say: `value`; `with`, what has to change at the same time; `on`, what the row must have
before; `company` and `switches`, which sandbox it takes; `moves`, which other columns QuickBooks changes along with
it; `clear`, what else changes when the column is cleared; `stays`, the fault that says why it cannot be cleared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, cycle
from pathlib import Path
from typing import Any

from quickbooks_core.catalog import Entity, Field, Kind

Values = dict[str, Any]

_TABLE = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"), parse_float=Decimal)
_BY_KIND: dict[Kind, Any] = {
    Kind.TEXT: "Words",
    Kind.BOOLEAN: True,
    Kind.INTEGER: 3,
    Kind.NUMBER: Decimal("2.5"),
    Kind.MONEY: Decimal("12.50"),
    Kind.DATE: "2024-05-06",
    Kind.TIMESTAMP: "2024-05-06T08:00:00-07:00",
}
_CURRENCIES = (
    "AUD",
    "CAD",
    "CHF",
    "CZK",
    "DKK",
    "HKD",
    "HUF",
    "INR",
    "JPY",
    "MXN",
    "NOK",
    "NZD",
    "PLN",
    "SEK",
)
_unique = count(1)
_currency = cycle(_CURRENCIES)


@dataclass(frozen=True)
class Case:
    """How a column is tried."""

    column: str
    value: Any
    company: str = "demo"
    values: Values = field(default_factory=dict)
    on: Values = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    clear: Values = field(default_factory=dict)
    stays: str = ""
    switches: Values = field(default_factory=dict)

    @property
    def set(self) -> Values:
        """What changes."""
        return {self.column: self.value, **self.values}


def row_of(entity: Entity, company: str = "demo", on: Mapping[str, Any] | None = None) -> Values:
    """The values of a new row; those of `on` instead of the usual ones, null for none."""
    table = _object(entity.name)
    usual = table.get("companies", {}).get(company, table.get("create", {}))
    return {
        column: value
        for column, value in {**_filled(usual), **_filled(on or {})}.items()
        if value is not None
    }


def company_of(entity: Entity) -> str:
    """The company whose table a new row of an object is."""
    return str(_object(entity.name).get("company", "demo"))


def case_of(entity: Entity, column: Field) -> Case:
    """The case of a column."""
    table = _object(entity.name)
    own = table.get("columns", {}).get(column.column)
    shared = _TABLE["columns"].get(column.column)
    told = own if own is not None else shared if shared is not None else {}
    told = told if isinstance(told, dict) else {"value": told}
    value = told["value"] if "value" in told else _usual(column)
    return Case(
        column.column,
        _filled(value),
        told.get("company", table.get("company", "demo")),
        _filled(told.get("with", {})),
        _filled(told.get("on", {})),
        tuple(told.get("moves", ())),
        _filled(told.get("clear", {})),
        told.get("stays", ""),
        told.get("switches", {}),
    )


def _object(name: str) -> Any:
    """The table of an object, with that of another which it is like."""
    own = _TABLE["objects"].get(name, {})
    like = _object(own["like"]) if "like" in own else {}
    rows = like.get("companies", {}), own.get("companies", {})
    return {
        **own,
        "create": {**like.get("create", {}), **own.get("create", {})},
        "companies": {
            name: {**rows[0].get(name, {}), **rows[1].get(name, {})} for name in {*rows[0], *rows[1]}
        },
        "columns": {**like.get("columns", {}), **own.get("columns", {})},
    }


def unused(entities: Iterator[Entity]) -> list[str]:
    """Cases of objects or columns that do not exist."""
    known = {entity.name: set(entity.columns) for entity in entities}
    return [
        f"{name}.{column}"
        for name, table in _TABLE["objects"].items()
        for column in ("", *table.get("columns", {}))
        if name not in known or (column and column not in known[name])
    ]


def _usual(column: Field) -> Any:
    if column.kind is Kind.REF:
        return _TABLE["references"].get(column.to)
    return _BY_KIND.get(column.kind)


def _filled(value: Any) -> Any:
    """A value with the words in braces replaced, wherever they stand."""
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    if isinstance(value, str) and "{" in value:
        number, today = next(_unique), date.today() - timedelta(days=2)  # in every time zone it has been
        words = {
            "unique": str(number),
            "today": today.isoformat(),
            "day": (date(2020, 1, 1) + timedelta(days=number)).isoformat(),
            "currency": next(_currency) if "{currency}" in value else "",
        }
        return value.format(**words)
    return value
