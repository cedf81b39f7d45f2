"""Closed books: which documents a closing date covers."""

from __future__ import annotations

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.switches import Switches

_WITHOUT_POSTINGS = ("Estimate", "PurchaseOrder", "TimeActivity", "RecurringTransaction", "ReimburseCharge")


def close_date_kept(entity: Entity, before: Document, after: Document) -> Document:
    """The new preferences with the old closing date: no API changes it, nor does the attempt fail."""
    if entity.name != "Preferences":
        return after
    day = before.get("AccountingInfoPrefs", {}).get("BookCloseDate")
    chosen = {
        key: value for key, value in after.get("AccountingInfoPrefs", {}).items() if key != "BookCloseDate"
    }
    return {**after, "AccountingInfoPrefs": {**chosen, **({"BookCloseDate": day} if day else {})}}


def covers(entity: Entity, switches: Switches) -> bool:
    """Whether documents of this object stand in the books that a closing date closes."""
    if entity.shape is not Shape.TRANSACTION or entity.wrapped:
        return False
    return entity.name not in _WITHOUT_POSTINGS or switches["closed_books_cover"] == "all"
