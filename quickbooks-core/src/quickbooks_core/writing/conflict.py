"""Whether somebody else has changed what a change is about: the document that is there, against the row before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog.model import Field, Kind
from quickbooks_core.mapping import to_row
from quickbooks_core.writing.change import Change
from quickbooks_core.writing.settings import LOCK
from quickbooks_core.writing.values import exact, instant, is_empty


def conflicts(change: Change, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The changed columns whose value there is another than in the base, even if it is the new one.

    Without a base only the version that the change was made for can be judged.
    """
    there = to_row(change.entity, document)
    found = [
        column
        for column in change.values
        if column != LOCK and change.base is not None and not _same(change, column, there)
    ]
    lock = change.values.get(LOCK)
    if lock is not None and str(lock) != there.get(LOCK):
        found.append(LOCK)
    return tuple(found)


def comparable(field: Field, value: Any) -> Any:
    """A value in a form that is equal whatever carried it: a driver, JSON, QuickBooks."""
    if is_empty(value):
        return None
    if field.kind in (Kind.INTEGER, Kind.NUMBER, Kind.MONEY):
        return exact(value)
    if field.kind is Kind.TIMESTAMP:
        return instant(value)
    if field.kind is Kind.DATE:
        return str(value)
    return _plain(value) if field.kind is Kind.JSON else value


def _same(change: Change, column: str, there: Mapping[str, Any]) -> bool:
    field = change.entity.columns[column]
    before = (change.base or {}).get(column)
    return bool(comparable(field, before) == comparable(field, there.get(column)))


def _plain(value: Any) -> Any:
    """JSON whose numbers are equal when they mean the same."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return exact(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
