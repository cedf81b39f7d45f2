"""What payments settle, and how they give back what they can settle no longer.

A payment's money pays what is owed; the credits it names pay too. It never settles more than both together,
and never uses more credit than it settles. Pure: no store.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from quickbooks_sandbox.amounts import ZERO, decimal, money
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.links import target_of

SETTLED = ("Invoice", "CreditMemo", "Bill", "VendorCredit")
SETTLING = ("Payment", "BillPayment")
_CREDITS = ("CreditMemo", "VendorCredit")


def owed_and_credit(lines: list[Document]) -> tuple[Decimal, Decimal]:
    """What the lines of a payment settle, and the credit that they use for it."""
    amounts = dict.fromkeys((False, True), ZERO)
    for line in lines:
        amounts[_is_credit(line)] += decimal(line.get("Amount"))
    return amounts[False], amounts[True]


def given_back(payment: Document, target: tuple[str, str], excess: Decimal) -> Document:
    """The payment settling so much less of one document, and only what it then can of the others."""
    lines = _lowered(payment.get("Line", []), excess, lambda line: target in _targets(line))
    total = decimal(payment.get("TotalAmt"))
    owed, credit = owed_and_credit(lines)
    lines = _lowered(lines, owed - credit - total, lambda line: not _is_credit(line))
    owed, credit = owed_and_credit(lines)
    lines = _lowered(lines, credit - owed, _is_credit)
    return {**payment, "Line": lines}


def without(payment: Document, target: tuple[str, str]) -> Document:
    """The document with nothing left of its links to another."""
    top = [linked for linked in payment.get("LinkedTxn", ()) if target_of(linked) != target]
    kept = [line for line in payment.get("Line", ()) if target not in _targets(line)]
    return {**payment, "Line": kept, "LinkedTxn": top}


def _lowered(lines: list[Document], excess: Decimal, fits: Any) -> list[Document]:
    """The last lines give back first; a line of nothing goes."""
    kept: list[Document] = []
    for line in reversed(lines):
        amount = decimal(line.get("Amount"))
        taken = min(max(excess, ZERO), amount) if fits(line) else ZERO
        excess -= taken
        if taken != amount or not taken:
            kept.insert(0, {**line, "Amount": money(amount - taken)} if taken else line)
    return kept


def _is_credit(line: Document) -> bool:
    return any(entity in _CREDITS for entity, _ in _targets(line))


def _targets(line: Document) -> list[tuple[str, str]]:
    return [target_of(linked) for linked in line.get("LinkedTxn", ())]
