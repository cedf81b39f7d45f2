"""Fields that other documents move: balances, open amounts, quantities, links back.

None of them changes a SyncToken.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from quickbooks_sandbox.amounts import ZERO, decimal, from_units, money, plain, rounded
from quickbooks_sandbox.json_text import Document, read
from quickbooks_sandbox.links import target_of, txn_type_of
from quickbooks_sandbox.lookup import value_of
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

_Rule = Callable[[Document, Store, Switches], None]
_BALANCE_SHEET = ("Asset", "Liability", "Equity")
# Objects written with `LinkedTxn: []` where nothing is linked; the others leave it out.
_EMPTY_LINKS = ("Invoice", "PurchaseOrder", "Estimate")
# What shows its open amount in the home currency too, where the company has other currencies.
_WITH_HOME_BALANCE = ("Bill", "CreditMemo", "Invoice", "RefundReceipt", "SalesReceipt")
_LINKED = (
    "Bill", "CreditMemo", "Estimate", "Invoice", "Payment", "Purchase", "PurchaseOrder", "RefundReceipt",
    "SalesReceipt", "VendorCredit",
)  # fmt: skip


def derived(entity: str, document: Document, store: Store, switches: Switches) -> Document:
    """The document with the values that follow from all others."""
    found = dict(document)
    if entity in _LINKED:
        _link_back(entity, found, store)
    if entity in _RULES:
        _RULES[entity](found, store, switches)
    if entity in _WITH_HOME_BALANCE and "ExchangeRate" in found:
        found["HomeBalance"] = money(rounded(decimal(found.get("Balance")) * decimal(found["ExchangeRate"])))
    return found


def also_moved(entity: str, document: Document) -> list[tuple[str, str]]:
    """What has to be worked out again when a document's balance has moved: the names above it."""
    parent = value_of(document.get("ParentRef"))
    return [(entity, parent)] if entity in ("Account", "Customer") and parent else []


def _balance(kind: str, id: str, store: Store, foreign: str) -> Decimal:
    """In the currency of a foreign account or name, unless a switch wants it at home."""
    own = store.own_balance(kind, id) if foreign == "own_currency" else None
    return from_units(store.balance(kind, id) if own is None else own)


def _account(document: Document, store: Store, switches: Switches) -> None:
    if document.get("Classification") in _BALANCE_SHEET:
        foreign = switches["balance_of_a_foreign_account"]
        document["CurrentBalance"] = money(_balance("Account", document["Id"], store, foreign))
    else:
        document["CurrentBalance"] = ZERO
    below = _below("Account", document["Id"], "CurrentBalanceWithSubAccounts", store)
    document["CurrentBalanceWithSubAccounts"] = money(decimal(document["CurrentBalance"]) + below)


def _customer(document: Document, store: Store, switches: Switches) -> None:
    foreign = switches["balance_of_a_foreign_name"]
    document["Balance"] = money(_balance("Customer", document["Id"], store, foreign))
    below = _below("Customer", document["Id"], "BalanceWithJobs", store)
    document["BalanceWithJobs"] = money(decimal(document["Balance"]) + below)


def _below(entity: str, id: str, key: str, store: Store) -> Any:
    children = store.rows(
        "select body from document where entity = ? and json_extract(body, '$.ParentRef.value') = ?",
        (entity, id),
    )
    return sum((decimal(read(body).get(key)) for (body,) in children), ZERO)


def _vendor(document: Document, store: Store, switches: Switches) -> None:
    foreign = switches["balance_of_a_foreign_name"]
    document["Balance"] = money(-_balance("Vendor", document["Id"], store, foreign))


def _item(document: Document, store: Store, _switches: Switches) -> None:
    if document.get("Type") == "Inventory":
        document["QtyOnHand"] = plain(from_units(store.balance("Item", document["Id"])))


def _open_amount(key: str, entity: str) -> _Rule:
    def rule(document: Document, store: Store, _switches: Switches) -> None:
        settled = sum(amount for _, _, amount in store.links_to(entity, document["Id"]))
        document[key] = money(decimal(document.get("TotalAmt")) - from_units(settled))

    return rule


def _credit_memo(document: Document, store: Store, switches: Switches) -> None:
    _open_amount("RemainingCredit", "CreditMemo")(document, store, switches)
    document["Balance"] = document["RemainingCredit"]


def _link_back(entity: str, document: Document, store: Store) -> None:
    """LinkedTxn: what the document itself names, and what names it."""
    targets = store.links_from(entity, document["Id"])
    own = [linked for linked in document.get("LinkedTxn", ()) if target_of(linked) in targets]
    back = [_named(source, id, store) for source, id, _ in store.links_to(entity, document["Id"])]
    known = {(linked.get("TxnType"), linked.get("TxnId")) for linked in own}
    all_links = [*own, *(linked for linked in back if (linked["TxnType"], linked["TxnId"]) not in known)]
    if all_links or entity in _EMPTY_LINKS:
        document["LinkedTxn"] = all_links
    else:
        document.pop("LinkedTxn", None)


def _named(entity: str, id: str, store: Store) -> Document:
    row = store.get(entity, id)
    return {"TxnId": id, "TxnType": txn_type_of(entity, read(row.body) if row else {})}


_RULES: dict[str, _Rule] = {
    "Account": _account,
    "Bill": _open_amount("Balance", "Bill"),
    "CreditMemo": _credit_memo,
    "Customer": _customer,
    "Invoice": _open_amount("Balance", "Invoice"),
    "Item": _item,
    "Vendor": _vendor,
    "VendorCredit": _open_amount("Balance", "VendorCredit"),
}
