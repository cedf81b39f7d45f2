"""Closed books: which documents a closing date covers."""

from __future__ import annotations

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox.switches import Switches

_WITHOUT_POSTINGS = ("Estimate", "PurchaseOrder", "TimeActivity", "RecurringTransaction", "ReimburseCharge")


def covers(entity: Entity, switches: Switches) -> bool:
    """Whether documents of this object stand in the books that a closing date closes."""
    if entity.shape is not Shape.TRANSACTION or entity.wrapped:
        return False
    return entity.name not in _WITHOUT_POSTINGS or switches["closed_books_cover"] == "all"
