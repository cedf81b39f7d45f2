"""What it gains or loses that a document is settled at another rate than its own.

A payment takes off receivables what it settles at the rates of its invoices, and brings money at its own rate; the
difference is realised. The last payment of an invoice takes what the earlier ones have left to the cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from quickbooks_sandbox.amounts import units
from quickbooks_sandbox.currencies import at_rate, currency_of, rate_of
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.links import SETTLING, target_of
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Posting

# Whether what is settled was owed to us (it goes off the debit side) or stands the other way round.
_SIGNS = {
    ("Payment", "CreditMemo"): 1,
    ("Payment", "RefundReceipt"): 1,
    ("BillPayment", "Bill"): 1,
    ("BillPayment", "JournalEntry"): 1,
}


def differences(entity: str, document: Document, lookup: Lookup) -> list[Posting]:
    """The postings, in the home currency, that set right what the document's own rate has booked."""
    if entity not in SETTLING or currency_of(document, lookup.home) == lookup.home.currency:
        return []
    return list(_differences(entity, document, lookup))


def _differences(entity: str, document: Document, lookup: Lookup) -> Iterator[Posting]:
    account, kind, payer = _side(entity, document, lookup)
    own_rate = rate_of(document)
    within: Counter[tuple[str, str]] = Counter()
    for target, amount in _settled(document):
        found = lookup.get(*target)
        if found is None:
            continue
        earlier = lookup.settled_before(*target, entity, document["Id"]) + within[target]
        within[target] += amount
        rate = rate_of(found)
        carried = at_rate(earlier + amount, rate) - at_rate(earlier, rate)
        change = _SIGNS.get((entity, target[0]), -1) * (carried - at_rate(amount, own_rate))
        if change:
            name = (
                value_of(found.get("CustomerRef")) if kind == "Customer" else ""
            )  # a parent pays for its jobs
            yield Posting(account, change, kind, name or payer, own=0)
            yield Posting(lookup.exchange_difference, -change, own=0)


def _settled(document: Document) -> Iterator[tuple[tuple[str, str], int]]:
    for line in document.get("Line") or ():
        for linked in line.get("LinkedTxn") or ():
            yield target_of(linked), units(line.get("Amount"))


def _side(entity: str, document: Document, lookup: Lookup) -> tuple[str, str, str]:
    """On which account, and of whom, the settled amount was carried."""
    if entity == "Payment":
        return lookup.receivable_of(document), "Customer", value_of(document.get("CustomerRef"))
    if entity == "BillPayment":
        account = value_of(document.get("APAccountRef")) or lookup.payable_of(document)
        return account, "Vendor", value_of(document.get("VendorRef"))
    return lookup.undeposited, "", ""
