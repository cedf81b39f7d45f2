"""After a lost answer: what the document that is there now says about a write. Pure.

A write that was lost is made again only where it is certain that it has not been done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from quickbooks_core.catalog.model import Deletion, Entity, Kind
from quickbooks_core.mapping import to_row
from quickbooks_core.writing import Action, Change, Plan, conflicts, not_taken
from quickbooks_core.writing.settings import Setting

from target_quickbooks.job import Sent

_CENT = Decimal("0.01")
_SOFT = (Kind.TEXT, Kind.JSON, Kind.NUMBER, Kind.MONEY)


class Verdict(Enum):
    """What is known of a lost update, deletion or void."""

    DONE = "done"
    NOT_DONE = "not done"
    UNCLEAR = "unclear"


def verdict(change: Change, document: Mapping[str, Any], sent: Sent) -> Verdict:
    """By values and by the version that was sent. One version further, exactly one write has come between."""
    if _is_done(change, document):
        return Verdict.DONE
    before, there = _version(json.loads(sent.body), change.entity), _version(document, change.entity)
    if before is None or there is None:
        return Verdict.UNCLEAR
    if there == before:
        return Verdict.NOT_DONE
    is_of_another = change.base is not None and not conflicts(change, document)
    is_ending = change.action in (Action.DELETE, Action.VOID)
    # Another's write came first, so that ours was refused; more than one might be ours and what undid it.
    return Verdict.NOT_DONE if there == before + 1 and (is_of_another or is_ending) else Verdict.UNCLEAR


def is_like(made: Plan, document: Mapping[str, Any]) -> bool:
    """Whether a document could be what was created, as QuickBooks may have smoothed it: spaces, capitals, cents."""
    row = to_row(made.change.entity, document)
    lacking = set(not_taken(made.change, document))
    return all(_could_be(s, row.get(s.field.column)) for s in made.settings if s.field.column in lacking)


def _is_done(change: Change, document: Mapping[str, Any]) -> bool:
    if change.action is Action.UPDATE:
        return not_taken(change, document) == ()
    if change.action is Action.VOID:
        return str(document.get("PrivateNote") or "").startswith("Voided")
    return change.entity.deletion is Deletion.DEACTIVATE and document.get("Active") is False


def _version(document: Mapping[str, Any], entity: Entity) -> int | None:
    inner = next(iter(document.values()), {}) if entity.wrapped else document
    token = str(inner.get("SyncToken") or "") if isinstance(inner, Mapping) else ""
    return int(token) if token.isdigit() else None


def _could_be(setting: Setting, there: Any) -> bool:
    return setting.field.kind in _SOFT and _is_near(setting.value, there)


def _is_near(asked: Any, there: Any) -> bool:
    if isinstance(asked, dict):
        return isinstance(there, dict) and all(
            _is_near(value, there.get(key)) for key, value in asked.items()
        )
    if isinstance(asked, list):
        return isinstance(there, list) and len(there) >= len(asked) and all(map(_is_near, asked, there))
    if isinstance(asked, int | float | Decimal) and isinstance(there, int | float | Decimal):
        return abs(Decimal(str(asked)) - Decimal(str(there))) <= _CENT
    one, other = (" ".join(str(value or "").split()).casefold() for value in (asked, there))
    return bool(one == other or (one and other and (one.startswith(other) or other.startswith(one))))
