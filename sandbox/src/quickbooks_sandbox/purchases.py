"""The arithmetic of bills, expenses, orders and vendor credits: what their lines are by default, tax, total."""

from __future__ import annotations

from decimal import Decimal

from quickbooks_sandbox.amounts import decimal, line_sum, money
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup
from quickbooks_sandbox.taxes import tax_detail, with_net_lines, with_tax_mode

_EXPENSE_LINES = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")


def with_purchase_total(entity: str, document: Document, lookup: Lookup) -> Document:
    """Adds what the lines do not say, the tax and the total."""
    if entity != "PurchaseOrder":
        _complete_lines(document, lookup)
    found = document if lookup.home.is_us else _taxed(entity, document, lookup)
    tax = decimal((found.get("TxnTaxDetail") or {}).get("TotalTax"))
    return {**found, "TotalAmt": money(line_sum(found.get("Line", ())) + tax)}


def _complete_lines(document: Document, lookup: Lookup) -> None:
    for line in document.get("Line", ()):
        if line.get("DetailType") in _EXPENSE_LINES:
            detail = line.get(line["DetailType"], {})
            detail.setdefault("BillableStatus", "NotBillable")
            if lookup.home.is_us:
                detail.setdefault("TaxCodeRef", {"value": "NON"})


def _taxed(entity: str, document: Document, lookup: Lookup) -> Document:
    found = with_net_lines(entity, with_tax_mode(document), lookup)
    return {**found, "TxnTaxDetail": tax_detail(entity, found, Decimal(1), lookup)}
