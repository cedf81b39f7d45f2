"""Links between transactions: what one says of another, the other says of it."""

from __future__ import annotations

from collections.abc import Iterator

from history.checks.reading import linked, target
from history.company import Company, Document

Key = tuple[str, str]
# Transactions whose answers show what links them.
_SHOWING = (
    "Bill", "CreditMemo", "Estimate", "Invoice", "Payment", "Purchase", "PurchaseOrder", "RefundReceipt",
    "SalesReceipt", "VendorCredit",
)  # fmt: skip
_ALL = (*_SHOWING, "BillPayment", "Deposit", "JournalEntry", "ReimburseCharge", "TimeActivity", "Transfer")


def both_ways(company: Company) -> Iterator[str]:
    """Nothing links what is not there, and every link is shown from both ends."""
    shown = {(entity, document["Id"]): named(document) for entity, document in company.of(*_ALL)}
    for key, others in shown.items():
        for other in sorted(others):
            if other not in shown:
                yield f"{words(key)} links {words(other)}, which is not there"
            elif key not in shown[other] and other[0] in _SHOWING:
                yield f"{words(key)} links {words(other)}, which does not know"
            elif len(others) != len(set(others)):
                yield f"{words(key)} links something twice: {others}"


def named(document: Document) -> list[Key]:
    """Everything that a document links, at its top and in its lines."""
    top = [target(link) for link in document.get("LinkedTxn", ())]
    return [*top, *((entity, id) for entity, id, _ in linked(document) if (entity, id) not in top)]


def words(key: Key) -> str:
    """A transaction for people."""
    return f"{key[0]} {key[1]}"
