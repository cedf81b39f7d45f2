"""What a write makes of a document, before anything is completed or booked: updated, voided, deactivated, marked.

Pure: no store, no clock. The order in which these happen stands in `company`.
"""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_core.catalog import Access, Entity, Shape

from quickbooks_sandbox.clock import stamp
from quickbooks_sandbox.json_text import Document

_PEOPLE = ("Customer", "Vendor", "Employee")
_DELETED = " (deleted)"
_NAMES = ("Name", "DisplayName")
# Kept by a full update that leaves them out: a document cannot be without. Its day is not among them: it becomes
# the present day, as recorded.
_KEPT = ("CurrencyRef", "domain", "sparse", "Id", "MetaData")
# Recorded of these beside: a number the company gave, and how a customer is taxed.
_KEPT_OF = {
    "Customer": ("Taxable", "DefaultTaxCodeRef"),
    **dict.fromkeys(("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt"), ("DocNumber",)),
}
# A sparse update of these has the taxes of the document worked out anew.
_TAXING = frozenset({"Line", "GlobalTaxCalculation"})


@dataclass(frozen=True)
class Moment:
    """When a document was made and last changed, in seconds."""

    created: int
    updated: int


def times(at: Moment) -> Document:
    """The MetaData of an answer."""
    return {"CreateTime": stamp(at.created), "LastUpdatedTime": stamp(at.updated)}


def marks(sync_token: int, at: Moment) -> Document:
    """What an answer says of its version."""
    return {"SyncToken": str(sync_token), "MetaData": times(at)}


def id_space(entity: Entity) -> str:
    """Names share their Ids, and so do transactions."""
    if entity.name in _PEOPLE:
        return "names"
    return "transactions" if entity.shape is Shape.TRANSACTION else entity.name


def writable(entity: Entity, document: Document, allowed: tuple[Access, ...]) -> Document:
    """Without what QuickBooks computes: a client's value there is ignored, not refused."""
    heads = {field.steps[0] for field in entity.fields if field.access in allowed}
    return {key: value for key, value in document.items() if key in heads}


def updated(entity: Entity, before: Document, given: Document, sparse: bool) -> Document:
    """A sparse update keeps what it does not name; a full one clears it."""
    if sparse:
        taxes_stay = "TxnTaxDetail" in given or not given.keys() & _TAXING
        return {**(before if taxes_stay else _without_taxes(before)), **given}
    fixed = {field.steps[0] for field in entity.fields if field.access is not Access.WRITE}
    fixed -= {field.steps[0] for field in entity.fields if field.access is Access.WRITE}
    always = (*_KEPT, *_KEPT_OF.get(entity.name, ()))
    kept = {key: value for key, value in before.items() if key in fixed or key in always}
    return {**kept, **given}


def _without_taxes(before: Document) -> Document:
    """Without the amounts of tax: they belong to other lines than the document now has."""
    if "TxnTaxDetail" not in before:
        return before
    code = before["TxnTaxDetail"].get("TxnTaxCodeRef")
    return {**before, "TxnTaxDetail": {"TxnTaxCodeRef": code} if code else {}}


def named_by_state(entity: Entity, before: Document, after: Document) -> Document:
    """An inactive name carries ` (deleted)`, and loses it again."""
    if not entity.has_active:
        return after
    was, is_now = before.get("Active", True), after.get("Active", True)
    found = dict(after)
    for key in _NAMES:
        if name := str(found.get(key, "")):
            bare = name.removesuffix(_DELETED)
            found[key] = bare + _DELETED if is_now is False else (bare if was is False else name)
    return found


def voided(before: Document) -> Document:
    """The document with nothing to pay: amounts zero, links gone, a note that says so."""
    note = str(before.get("PrivateNote", ""))
    lines = [_emptied(line) for line in before.get("Line", ()) if not line.get("LinkedTxn")]
    after = {**before, "Line": lines, "PrivateNote": f"Voided - {note}" if note else "Voided"}
    if "TotalAmt" in after:
        after["TotalAmt"] = 0
    return {**after, "TxnTaxDetail": {}} if "TxnTaxDetail" in after else after


def _emptied(line: Document) -> Document:
    detail = str(line.get("DetailType"))
    inner = {**line.get(detail, {})}
    if "Qty" in inner:
        inner["Qty"] = 0
    return {**line, "Amount": 0, **({detail: inner} if detail in line else {})}
