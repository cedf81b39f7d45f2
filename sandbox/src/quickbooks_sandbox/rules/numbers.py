"""Document numbers: who gives them, and when one may be used twice."""

from __future__ import annotations

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import refusals
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import value_of
from quickbooks_sandbox.rules.preferences import Preferences
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

SALES_FORMS = ("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt")
# Whose duplicates are refused only where the company wants to be warned of them.
_WARNED = {
    "Bill": "WarnDuplicateBillNumber",
    "BillPayment": "WarnDuplicateCheckNumber",
    "JournalEntry": "WarnDuplicateJournalNumber",
}


def assign(entity: Entity, document: Document, store: Store) -> None:
    """The next number of the sales forms, unless the company numbers them by hand."""
    if entity.name not in SALES_FORMS:
        return
    number = str(document.get("DocNumber", ""))
    if not number and not Preferences(store).numbers_sales_by_hand:
        document["DocNumber"] = str(store.next_number("DocNumber"))
    elif number.isdecimal() and len(number) < 10:
        store.reserve("DocNumber", int(number))


def check_free(entity: Entity, before: Document, after: Document, store: Store, switches: Switches) -> None:
    """Refuses a number that another document of the same object has."""
    number = str(after.get("DocNumber", ""))
    if not number or number == before.get("DocNumber") or not _minds(entity, after, store, switches):
        return
    vendor = value_of(after.get("VendorRef")) if switches["bill_numbers"] == "per_vendor" else ""
    for id in store.numbered(entity.name, number, vendor if entity.name == "Bill" else ""):
        if id != after.get("Id"):
            raise refusals.duplicate_number(entity.name, number, id)


def _minds(entity: Entity, document: Document, store: Store, switches: Switches) -> bool:
    if entity.name in SALES_FORMS:
        by_hand = Preferences(store).numbers_sales_by_hand
        return {"refuse": True, "by_preference": by_hand, "accept": False}[switches["duplicate_sales_number"]]
    if entity.name == "Purchase":  # checks go by preference, cash and cards do not
        is_check = document.get("PaymentType") == "Check"
        return not is_check or Preferences(store).warns_of("WarnDuplicateCheckNumber")
    return entity.name in _WARNED and Preferences(store).warns_of(_WARNED[entity.name])
