"""Accounts that QuickBooks keeps for itself: they stay active and stand by themselves."""

from __future__ import annotations

from quickbooks_sandbox import faults
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup

_ALWAYS_ACTIVE = (
    "AccountsReceivable",
    "AccountsPayable",
    "UndepositedFunds",
    "RetainedEarnings",
    "OpeningBalanceEquity",
)
_ALONE = (
    "OpeningBalanceEquity", "UndepositedFunds", "RetainedEarnings", "CashReceiptIncome", "CashExpenditureExpense",
    "ExchangeGainOrLoss",
)  # fmt: skip


def check_account(document: Document, lookup: Lookup) -> None:
    """Raises Fault 6000; the rules are documented, the words uncertain."""
    kind = document.get("AccountSubType")
    if document.get("Active") is False and kind in _ALWAYS_ACTIVE:
        raise faults.business("This account is used by QuickBooks and cannot be made inactive.")
    parent = lookup.referred("Account", document.get("ParentRef"))
    if parent and (kind in _ALONE or parent.get("AccountSubType") in _ALONE):
        raise faults.business("An account of this detail type cannot have or be a subaccount.")
