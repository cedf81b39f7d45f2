"""Which documents a document settles or comes from, and by how much."""

from __future__ import annotations

from typing import Any

from quickbooks_sandbox.amounts import units
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.store import Link

# How LinkedTxn names the documents whose word is not that of the API.
_WORDS = {
    "BillPaymentCheck": "BillPayment",
    "BillPaymentCreditCard": "BillPayment",
    "Check": "Purchase",
    "Expense": "Purchase",
    "CreditCardCharge": "Purchase",
}


def entity_of(txn_type: str) -> str:
    """The object behind a TxnType."""
    return _WORDS.get(txn_type, txn_type)


def txn_type_of(entity: str, document: Document) -> str:
    """The TxnType under which others name a document."""
    if entity == "BillPayment":
        return "BillPaymentCreditCard" if document.get("PayType") == "CreditCard" else "BillPaymentCheck"
    return entity


# Only these settle what their lines link; the lines of others say where they come from.
SETTLING = ("Payment", "BillPayment", "Deposit")


def links(entity: str, document: Document) -> list[Link]:
    """What the document's own text links; the amount is what a line settles."""
    found = [Link(*target_of(linked)) for linked in document.get("LinkedTxn") or ()]
    for line in document.get("Line") or ():
        amount = units(line.get("Amount")) if entity in SETTLING else 0
        found += [Link(*target_of(linked), amount) for linked in line.get("LinkedTxn") or ()]
    return found


def target_of(linked: Any) -> tuple[str, str]:
    return entity_of(str(linked.get("TxnType", ""))), str(linked.get("TxnId", ""))
