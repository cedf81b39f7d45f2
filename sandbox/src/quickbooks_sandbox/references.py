"""What a document names must exist, be active, and be an account or item of a type that will do.

Where a reference should say what kind of name it means and does not, it is filled in. Says nothing of the
document itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quickbooks_core.catalog import Access, Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.books import is_stocked
from quickbooks_sandbox.complete import LINE_REFERENCES
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document, read
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

PEOPLE = ("Customer", "Vendor", "Employee")
_PSEUDO_CODES = ("TAX", "NON", "CustomSalesTax")
_INNER = {**LINE_REFERENCES, "TaxCodeRef": "TaxCode", "TxnTaxCodeRef": "TaxCode"}
_MONEY_PLACES = ("Bank", "Other Current Asset")
_ASSETS = ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset")
# Where an account of any type will not do: (object, property), and the types that will.
_ACCOUNTS = {
    ("Bill", "APAccountRef"): ("Accounts Payable",),
    ("BillPayment", "APAccountRef"): ("Accounts Payable",),
    ("BillPayment", "BankAccountRef"): ("Bank",),
    ("BillPayment", "CCAccountRef"): ("Credit Card",),
    ("CreditCardPayment", "BankAccountRef"): ("Bank",),
    ("CreditCardPayment", "CreditCardAccountRef"): ("Credit Card",),
    ("Deposit", "DepositToAccountRef"): _MONEY_PLACES,
    ("Payment", "DepositToAccountRef"): _MONEY_PLACES,
    ("PurchaseOrder", "APAccountRef"): ("Accounts Payable",),
    ("RefundReceipt", "DepositToAccountRef"): _MONEY_PLACES,
    ("SalesReceipt", "DepositToAccountRef"): _MONEY_PLACES,
    ("Transfer", "FromAccountRef"): _ASSETS,
    ("Transfer", "ToAccountRef"): _ASSETS,
    ("VendorCredit", "APAccountRef"): ("Accounts Payable",),
}
_PAID_FROM = {"Check": ("Bank",), "CreditCard": ("Credit Card",), "Cash": _MONEY_PLACES}


def check_references(
    store: Store, entity: Entity, before: Document, after: Document, switches: Switches
) -> None:
    """Refuses the first reference that will not do."""
    known = {(target, value) for _, target, value in _references(entity, before, store)}
    for key, target, value in _references(entity, after, store):
        row = store.get(target, value)
        if row is None:
            raise refusals.bad_reference(target, value)
        is_new = (target, value) not in known or switches["unchanged_inactive_reference"] == "refuse"
        if not row.active and is_new:
            raise refusals.inactive_reference(switches["inactive_reference"])
        if target in ("Account", "Item"):
            _check_type(entity, key, target, read(row.body), after)
    if entity.name == "JournalEntry":
        _check_concerned(after, Lookup(store))


def check_stock(store: Store, document: Document) -> None:
    """Refuses an inventory item that moves before its stock began."""
    if "TxnDate" not in document:
        return
    lookup = Lookup(store)
    for line in document.get("Line") or ():
        detail = line.get(str(line.get("DetailType"))) or {}
        item = lookup.referred("Item", detail.get("ItemRef"))
        if item.get("Type") == "Inventory" and not is_stocked(item, document):
            raise refusals.before_stock()


def _references(entity: Entity, document: Document, store: Store) -> Iterator[tuple[str, str, str]]:
    """(property, object, id) of every reference that names one of ours."""
    tops = {field.steps[0]: field for field in entity.references() if field.access is not Access.READ}
    for key, value in document.items():
        if key in tops:
            if value_of(value):
                yield from _led_to(key, tops[key].to or _kind(value, store), value_of(value))
        else:
            yield from _inside(value)


def _inside(value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in _INNER and value_of(inner):
                yield from _led_to(key, _INNER[key] or str(inner.get("type", "")), value_of(inner))
            else:
                yield from _inside(inner)


def _led_to(key: str, target: str, value: str) -> Iterator[tuple[str, str, str]]:
    if target and not (target == "TaxCode" and value in _PSEUDO_CODES):
        yield key, target.capitalize() if target.isupper() else target, value


def _kind(reference: Document, store: Store) -> str:
    """The kind of person of a reference that does not say it; it says it from now on."""
    if not reference.get("type"):
        found = (name for name in PEOPLE if store.get(name, value_of(reference)))
        reference["type"] = next(found, "Vendor")
    return str(reference["type"])


def _check_type(entity: Entity, key: str, target: str, found: Document, document: Document) -> None:
    if target == "Item":
        if key == "ItemRef" and found.get("Type") == "Category":
            raise refusals.category_as_item()
        return
    allowed = _ACCOUNTS.get((entity.name, key))
    if (entity.name, key) == ("Purchase", "AccountRef") and "PaymentType" in document:
        is_head = value_of(document.get("AccountRef")) == found["Id"]
        allowed = _PAID_FROM.get(str(document["PaymentType"])) if is_head else None
    if allowed and found.get("AccountType") not in allowed:
        raise _wrong_account(key)


def _wrong_account(key: str) -> Fault:
    """Recorded: 6000 where money is deposited, 6430 where a purchase is paid from."""
    if key == "DepositToAccountRef":
        return faults.business("You need to select a different type of account for this transaction.")
    return refusals.wrong_account_type()


def _check_concerned(document: Document, lookup: Lookup) -> None:
    """A journal line on receivables has a customer, one on payables a vendor. Recorded for receivables."""
    for line in document.get("Line") or ():
        detail = line.get("JournalEntryLineDetail") or {}
        account = lookup.referred("Account", detail.get("AccountRef")).get("AccountType")
        named = detail.get("Entity") or {}
        for kind, who, long in (
            ("Accounts Receivable", "Customer", "customer"),
            ("Accounts Payable", "Vendor", "vendor"),
        ):
            if account == kind and not value_of(named.get("EntityRef")):
                raise faults.business(f"When you use {kind}, you must choose a {long} in the Name field.")
            if account == kind and named.get("Type") not in (who, None):
                raise faults.business("The type of name assigned to this transaction is wrong.")
