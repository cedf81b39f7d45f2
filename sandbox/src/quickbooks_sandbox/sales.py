"""The arithmetic of sales forms: subtotal, discount, tax, total. Taxes outside the US stand in `taxes`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from quickbooks_sandbox.amounts import ZERO, decimal, money, rounded
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.taxes import tax_detail, with_net_lines

_SALES_LINES = ("SalesItemLineDetail", "GroupLineDetail")
_HUNDRED = Decimal(100)


def with_totals(entity: str, document: Document, lookup: Lookup) -> Document:
    """Adds the subtotal line, the discount's amount, the tax and the total."""
    if not lookup.home.is_us:
        document = with_net_lines(entity, document, lookup)
    lines = [line for line in document.get("Line", ()) if line.get("DetailType") != "SubTotalLineDetail"]
    sold = [line for line in lines if line.get("DetailType") in _SALES_LINES]
    rest = [line for line in lines if line.get("DetailType") == "DiscountLineDetail"]
    subtotal = sum((decimal(line.get("Amount")) for line in sold), ZERO)
    above = [line for line in lines if line.get("DetailType") != "DiscountLineDetail"]
    discount = sum((_discount(line, subtotal) for line in rest), ZERO)
    total_line = {"Amount": money(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    before_tax = discount if document.get("ApplyTaxAfterDiscount") is True else ZERO
    if lookup.home.is_us:
        tax = _tax(document.get("TxnTaxDetail") or {}, sold, subtotal, before_tax, lookup)
    else:
        share = (subtotal - discount) / subtotal if subtotal else ZERO
        tax = tax_detail(entity, document, share, lookup)
    total = subtotal - discount + decimal(tax["TotalTax"])
    return {**document, "Line": [*above, total_line, *rest], "TxnTaxDetail": tax, "TotalAmt": money(total)}


def _discount(line: Document, subtotal: Decimal) -> Decimal:
    if line.get("DetailType") != "DiscountLineDetail":
        return ZERO
    detail = line.get("DiscountLineDetail", {})
    if detail.get("PercentBased") is True:
        line["Amount"] = money(rounded(subtotal * decimal(detail.get("DiscountPercent")) / _HUNDRED))
    return decimal(line.get("Amount"))


def _tax(
    given: Document, sold: list[Document], subtotal: Decimal, discount: Decimal, lookup: Lookup
) -> Document:
    """By the tax code where there is one; a discount before the tax lowers the taxable part in proportion."""
    code_ref = given.get("TxnTaxCodeRef")
    if not value_of(code_ref):
        return {"TotalTax": ZERO}
    taxable = sum((decimal(line.get("Amount")) for line in sold if _is_taxable(line)), ZERO)
    if discount and subtotal:
        taxable = rounded(taxable * (subtotal - discount) / subtotal)
    code = lookup.referred("TaxCode", code_ref)
    rates = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail", ())
    lines = [_tax_line(value_of(rate.get("TaxRateRef")), taxable, lookup) for rate in rates]
    total = sum((decimal(line["Amount"]) for line in lines), ZERO)
    return {"TxnTaxCodeRef": {"value": value_of(code_ref)}, "TotalTax": money(total), "TaxLine": lines}


def _is_taxable(line: Document) -> bool:
    code = value_of(line.get("SalesItemLineDetail", {}).get("TaxCodeRef"))
    return code not in ("", "NON")


def _tax_line(rate_id: str, taxable: Decimal, lookup: Lookup) -> Document:
    rate: Any = (lookup.get("TaxRate", rate_id) or {}).get("RateValue", 0)
    return {
        "Amount": money(rounded(taxable * decimal(rate) / _HUNDRED)),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate_id},
            "PercentBased": True,
            "TaxPercent": rate,
            "NetAmountTaxable": money(taxable),
        },
    }
