"""What is wrong with the lines of a document by themselves: their kind, their detail, their arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import rounded
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.switches import Switches

_SALES = (
    "SalesItemLineDetail",
    "GroupLineDetail",
    "DescriptionOnly",
    "DiscountLineDetail",
    "SubTotalLineDetail",
)
_SPENDING = ("ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail", "DescriptionOnly")
# Which lines an object has; those of payments link other transactions and have no kind.
KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt"), _SALES),
    **dict.fromkeys(("Bill", "Purchase", "PurchaseOrder", "VendorCredit"), (*_SPENDING, "TaxLineDetail")),
    "Deposit": ("DepositLineDetail",),
    "JournalEntry": ("JournalEntryLineDetail", "DescriptionOnly"),
}
# Lines whose detail may be left out.
_BARE = ("DescriptionOnly", "SubTotalLineDetail", "DiscountLineDetail", "GroupLineDetail")
_WITHOUT_AMOUNT = ("DescriptionOnly", "GroupLineDetail", "SubTotalLineDetail")
# What a detail cannot be without. Recorded for AccountRef.
_NEEDS = {
    "AccountBasedExpenseLineDetail": ("AccountRef",),
    "DepositLineDetail": ("AccountRef",),
    "ItemBasedExpenseLineDetail": ("ItemRef",),
    "JournalEntryLineDetail": ("AccountRef",),
}
_LARGEST = Decimal(10_000_000_000)
_LONGEST_DESCRIPTION = 4000
_CENT = Decimal("0.01")
_NUMBERS = ("UnitPrice", "Qty", "DiscountPercent", "DiscountRate", "DiscountAmt", "TaxInclusiveAmt")


def line_faults(entity: Entity, document: Document, switches: Switches) -> Iterator[Fault]:
    """What is wrong with a document's lines."""
    lines = document.get("Line")
    if entity.name not in KINDS or lines is None:
        yield from _amount_faults(lines or [])
        return
    if not lines:
        yield faults.required("Line")
    for line in lines:
        yield from _line_faults(line, KINDS[entity.name], switches)
    yield from _tax_faults(document)


def _line_faults(line: Document, kinds: tuple[str, ...], switches: Switches) -> Iterator[Fault]:
    yield from _amount_faults([line])
    if len(line.get("Description", "")) > _LONGEST_DESCRIPTION:
        yield refusals.too_long("Line.Description", _LONGEST_DESCRIPTION, len(line["Description"]))
    kind = line.get("DetailType")
    if kind is None:
        if kinds != ("DepositLineDetail",) or not line.get("LinkedTxn"):
            yield faults.required("Line.DetailType")
    elif kind not in kinds:
        yield refusals.bad_word(kind)
    elif kind not in line and kind not in _BARE:
        yield faults.required(f"Line.{kind}")
    else:
        yield from _detail_faults(line, kind, switches)


def _detail_faults(line: Document, kind: str, switches: Switches) -> Iterator[Fault]:
    detail = line.get(kind, {})
    linked = kind == "DepositLineDetail" and line.get("LinkedTxn")
    if "Amount" not in line and kind not in _WITHOUT_AMOUNT and not _is_percentage(kind, detail):
        yield faults.required("Line.Amount")
    if not linked:
        yield from (faults.required(name) for name in _NEEDS.get(kind, ()) if not detail.get(name))
    yield from (
        refusals.bad_number(name, detail[name]) for name in _NUMBERS if abs(detail.get(name) or 0) >= _LARGEST
    )
    if kind == "JournalEntryLineDetail" and "PostingType" not in detail:
        yield refusals.missing_posting_type()
    if kind == "SalesItemLineDetail" and _is_wrong(line, detail, switches["amount_of_a_line"]):
        yield refusals.wrong_amount(f"{Decimal(line['Amount']):,f}")


def _is_percentage(kind: str, detail: Document) -> bool:
    return kind == "DiscountLineDetail" and bool(detail.get("PercentBased"))


def _is_wrong(line: Document, detail: Document, rule: str) -> bool:
    """Recorded: 1861.07 is refused for 1861.075, whose half goes up; nothing is asked of a price of zero."""
    quantity, price = Decimal(detail.get("Qty", 0)), Decimal(detail.get("UnitPrice", 0))
    if rule == "unchecked" or not quantity or not price or "Amount" not in line:
        return False
    difference = abs(rounded(quantity * price) - rounded(Decimal(line["Amount"])))
    return difference > (_CENT if rule == "a_cent_off" else 0)


def _amount_faults(lines: list[Document]) -> Iterator[Fault]:
    for line in lines:
        if abs(line.get("Amount") or 0) >= _LARGEST:
            yield refusals.bad_number("Line.Amount", line["Amount"])


def _tax_faults(document: Document) -> Iterator[Fault]:
    detail: Any = document.get("TxnTaxDetail") or {}
    yield from _amount_faults(detail.get("TaxLine") or [])
    if abs(detail.get("TotalTax") or 0) >= _LARGEST:
        yield refusals.bad_number("TotalTax", detail["TotalTax"])
