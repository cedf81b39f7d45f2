"""What QuickBooks makes by itself before a document that needs it: a currency's entry in the list, its accounts.

Each currency has receivables and payables of its own, and one account takes the differences of exchange.
"""

from __future__ import annotations

from collections.abc import Iterator

from quickbooks_core.catalog import Entity

from quickbooks_sandbox.currencies import currency_of
from quickbooks_sandbox.currency_names import currency_reference
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup

_NAMES = ("Account", "Customer", "Vendor")
_RECEIVING = ("Invoice", "CreditMemo", "Payment")
_OWING = ("Bill", "VendorCredit", "BillPayment")


def companions(entity: Entity, document: Document, lookup: Lookup) -> Iterator[tuple[str, Document]]:
    """(object, document) of what is missing."""
    home = lookup.home
    code = currency_of(document, home)
    if not home.has_others or code == home.currency:
        return
    if entity.name in _NAMES and lookup.listed_currency(code) is None:
        yield "CompanyCurrency", {"Code": code}
    if entity.name in _RECEIVING and not lookup.receivable_of(document):
        yield (
            "Account",
            _account("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", code),
        )
    if entity.name in _OWING and not lookup.payable_of(document):
        yield "Account", _account("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", code)
    if entity.name in (*_RECEIVING, *_OWING) and not lookup.exchange_difference:
        yield "Account", _difference()


def _account(name: str, kind: str, sub_type: str, code: str) -> Document:
    return {
        "Name": f"{name} - {code}",
        "AccountType": kind,
        "AccountSubType": sub_type,
        "CurrencyRef": currency_reference(code),
    }


def _difference() -> Document:
    return {
        "Name": "Exchange Gain or Loss",
        "AccountType": "Other Expense",
        "AccountSubType": "ExchangeGainOrLoss",
    }
