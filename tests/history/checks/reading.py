"""How checks read documents: amounts, references, lines, links."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from history.company import Document

ZERO = Decimal(0)
_CENT = Decimal("0.01")
# The TxnType of a link where it is not the object's name.
_TYPES = {
    "BillPaymentCheck": "BillPayment",
    "BillPaymentCreditCard": "BillPayment",
    "Check": "Purchase",
    "CreditCardCharge": "Purchase",
    "Expense": "Purchase",
}


def amount(document: Document, key: str = "Amount") -> Decimal:
    """An amount; none is zero."""
    return Decimal(document.get(key, 0))


def cents(value: Decimal) -> Decimal:
    """To the cent, halves away from zero."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def to(document: Document, key: str) -> str:
    """The Id in a reference, or nothing."""
    reference: Any = document.get(key) or {}
    return str(reference.get("value", ""))


def lines(document: Document, *kinds: str) -> Iterator[tuple[Document, Document]]:
    """(line, detail) of the lines of some kinds, those of bundles among them."""
    for line in document.get("Line", ()):
        kind = str(line.get("DetailType"))
        if kind in kinds:
            yield line, line.get(kind) or {}
        if kind == "GroupLineDetail":
            yield from lines(line.get(kind) or {}, *kinds)


def linked(document: Document) -> Iterator[tuple[str, str, Decimal]]:
    """(object, Id, amount of the line) of everything that a document's lines link."""
    for line in document.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            yield *target(link), amount(line)


def target(link: Document) -> tuple[str, str]:
    """The object and Id of a link."""
    kind = str(link["TxnType"])
    return _TYPES.get(kind, kind), str(link["TxnId"])


def differs(what: str, said: Decimal, reckoned: Decimal) -> Iterator[str]:
    """A finding where two amounts are not the same."""
    if said != reckoned:
        yield f"{what} is {said}, reckoned {reckoned}"
