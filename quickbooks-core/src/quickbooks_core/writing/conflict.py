"""A change against the document that is there: what somebody else has changed since, and what has not been taken."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog.model import Field, Kind
from quickbooks_core.mapping import to_row
from quickbooks_core.writing.change import Change
from quickbooks_core.writing.settings import LOCK, Setting, settings_of
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


def not_taken(change: Change, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that the document does not have as a create or update sets them.

    Of an answer: what QuickBooks has ignored or filled in otherwise. Of a document found after a lost answer: why it
    is not the one that was sent. Whatever QuickBooks adds inside JSON, such as names and Ids, makes no difference.
    """
    there = to_row(change.entity, document)
    return tuple(
        setting.field.column
        for setting in settings_of(change)
        if not _holds(
            comparable(setting.field, there.get(setting.field.column)),
            comparable(setting.field, _asked(change, setting)),
        )
    )


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


def _asked(change: Change, setting: Setting) -> Any:
    """JSON with QuickBooks' own Ids, everything else as the column has it; a type that follows from an id."""
    column = setting.field.column
    return setting.value if setting.field.kind is Kind.JSON else change.values.get(column) or setting.value


def _holds(there: Any, asked: Any) -> bool:
    if isinstance(asked, dict):
        return isinstance(there, dict) and all(_holds(there.get(key), inner) for key, inner in asked.items())
    if isinstance(asked, list):
        return isinstance(there, list) and len(there) >= len(asked) and all(map(_holds, there, asked))
    return bool(there == asked)


def _plain(value: Any) -> Any:
    """JSON whose numbers are equal when they mean the same."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return exact(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
