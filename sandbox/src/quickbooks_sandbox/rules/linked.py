"""Transactions that name others: what a payment may settle, and what stays because others depend on it."""

from __future__ import annotations

from collections import Counter

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import units
from quickbooks_sandbox.json_text import Document, read
from quickbooks_sandbox.links import links
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

# What the lines of a document may link.
_LINKABLE = {
    "Payment": ("Invoice", "CreditMemo", "JournalEntry", "Purchase", "RefundReceipt"),
    "BillPayment": ("Bill", "VendorCredit", "JournalEntry"),
    "Deposit": ("Transfer", "Payment", "SalesReceipt", "RefundReceipt", "JournalEntry"),
}
# Whom both sides of a link concern.
_PARTIES = {"Payment": "CustomerRef", "BillPayment": "VendorRef", "Invoice": "CustomerRef"}
_SETTLED = ("Invoice", "Bill", "CreditMemo", "VendorCredit")
_DEPOSITED = ("Payment", "SalesReceipt", "RefundReceipt", "JournalEntry", "Transfer")
# Intuit's pages: unlink first. Of all others the links go with the document.
_KEPT_WHILE_LINKED = ("Invoice", "Bill", "PurchaseOrder", "RefundReceipt")


def check_links(entity: Entity, before: Document, after: Document, store: Store, switches: Switches) -> None:
    """Refuses links to what is not there, is somebody else's, or is not open by that much."""
    own = str(after.get("Id", ""))
    known = {(link.target, link.target_id) for link in links(entity.name, before)}
    known |= {(source, id) for source, id, _ in store.links_to(entity.name, own)}
    applied: Counter[tuple[str, str]] = Counter()
    for link in links(entity.name, after):
        target = (link.target, link.target_id)
        applied[target] += link.amount
        if link.amount < 0:
            raise faults.business("You must specify a transaction amount that is 0 or greater.")
        if target not in known:
            _check_target(entity, after, target, store)
    if entity.name in ("Payment", "BillPayment") and switches["over_application"] == "refuse":
        for target, amount in applied.items():
            _check_open(target, amount, (entity.name, own), store)


def check_deposited(entity: Entity, document: Document, store: Store) -> None:
    """What a deposit contains is neither changed nor taken away."""
    if entity.name in _DEPOSITED:
        sources = {source for source, _, _ in store.links_to(entity.name, document["Id"])}
        if "Deposit" in sources:
            raise refusals.deposited()


def check_dependents(entity: Entity, document: Document, store: Store, switches: Switches) -> None:
    """What others settle or came from is not deleted before them."""
    if entity.name not in _KEPT_WHILE_LINKED or switches["deletion_of_what_is_linked"] == "unlink":
        return
    is_ordered = entity.name == "PurchaseOrder" and document.get("LinkedTxn")
    if is_ordered or store.links_to(entity.name, document["Id"]):
        raise refusals.has_dependents(f"{entity.name} {document['Id']}")


def _check_target(entity: Entity, document: Document, target: tuple[str, str], store: Store) -> None:
    kind, id = target
    if kind not in _LINKABLE.get(entity.name, (kind,)):
        raise refusals.not_linkable(f"{kind} {id}")
    row = store.get(kind, id)
    if row is None:
        raise refusals.deleted_transaction()
    found: Document = read(row.body)
    party = _PARTIES.get(entity.name)
    if party in found and not _are_one(party, document, found, Lookup(store)):
        raise refusals.not_linkable(f"{kind} {id} of another {party.removesuffix('Ref').lower()}")
    if entity.name == "Deposit":
        _check_undeposited(target, found, store)


def _are_one(party: str, document: Document, found: Document, lookup: Lookup) -> bool:
    """The same vendor; the same customer, or one of the same family."""
    mine, theirs = value_of(document.get(party)), value_of(found.get(party))
    return _root(mine, party, lookup) == _root(theirs, party, lookup)


def _root(id: str, party: str, lookup: Lookup) -> str:
    parent = value_of((lookup.get("Customer", id) or {}).get("ParentRef")) if party == "CustomerRef" else ""
    return _root(parent, party, lookup) if parent else id


def _check_undeposited(target: tuple[str, str], found: Document, store: Store) -> None:
    """Only what waits in undeposited funds can be deposited, and only once."""
    account = value_of(found.get("DepositToAccountRef"))
    is_waiting = account in ("", Lookup(store).undeposited)
    if not is_waiting or any(source == "Deposit" for source, _, _ in store.links_to(*target)):
        raise refusals.not_linkable(f"{target[0]} {target[1]}")


def _check_open(target: tuple[str, str], amount: int, own: tuple[str, str], store: Store) -> None:
    row = store.get(*target)
    if target[0] not in _SETTLED or row is None:
        return
    by_others = sum(settled for source, id, settled in store.links_to(*target) if (source, id) != own)
    if amount > units(read(row.body).get("TotalAmt")) - by_others:
        raise faults.business("You can't apply more than the open balance of a transaction.")
