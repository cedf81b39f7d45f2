"""Taxes outside the United States: every line has a tax code, every code one or more rates.

A code has rates for sales and others for purchases. The document lists its rates once each, with what they tax.
Inclusive or exclusive, `Amount` of a line is net in every answer; inclusive documents show the gross amount
beside it. Which lines may go without a code is asked in `rules.taxes`; US documents are taxed in `sales`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quickbooks_sandbox.amounts import ZERO, decimal, money, rounded
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of

TAXED_LINES = ("SalesItemLineDetail", "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail")
_SALES = ("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt")
_HUNDRED = Decimal(100)
_PRICE = Decimal("0.0000001")  # recorded: prices have seven decimals


@dataclass(frozen=True)
class Rate:
    """One rate of a tax code, in percent, and what it is charged on."""

    id: str
    percent: Decimal
    on: str


def rates_of(entity: str, code: str, lookup: Lookup) -> list[Rate]:
    """The rates of a tax code for sales or for purchases, in the order they are charged."""
    group = "SalesTaxRateList" if entity in _SALES else "PurchaseTaxRateList"
    details = ((lookup.get("TaxCode", code) or {}).get(group) or {}).get("TaxRateDetail", ())
    return [
        _rate(detail, lookup) for detail in sorted(details, key=lambda detail: int(detail.get("TaxOrder", 0)))
    ]


def taxed_lines(document: Document) -> Iterator[tuple[Document, Document]]:
    """(line, detail) of the lines that have a tax code, those of bundles too."""
    for line in document.get("Line") or ():
        kind = str(line.get("DetailType"))
        if kind in TAXED_LINES:
            yield line, line.setdefault(kind, {})
        elif kind == "GroupLineDetail":
            yield from taxed_lines(line.get(kind) or {})


def with_tax_mode(document: Document) -> Document:
    """Documented: without a word, prices are without tax."""
    return {"GlobalTaxCalculation": "TaxExcluded", **document}


def with_net_lines(entity: str, document: Document, lookup: Lookup) -> Document:
    """Lines with their net amounts; those of an inclusive document show the gross amount too."""
    is_inclusive = document.get("GlobalTaxCalculation") == "TaxInclusive"
    for line, detail in taxed_lines(document):
        rates = rates_of(entity, value_of(detail.get("TaxCodeRef")), lookup)
        if not is_inclusive:
            detail.pop("TaxInclusiveAmt", None)
            continue
        if lookup.switches["inclusive_amount"] == "gross":
            _take_tax_out(line, detail, rates)
        net = decimal(line.get("Amount"))
        detail["TaxInclusiveAmt"] = rounded(net + sum(amount for _, _, amount in _charged(net, rates)))
    return document


def tax_detail(entity: str, document: Document, share: Decimal, lookup: Lookup) -> Document:
    """TxnTaxDetail: what each rate taxes. `share` of the lines is left after the discount.

    The amounts of tax lines that came with the document stand: a client may know them better.
    """
    if document.get("GlobalTaxCalculation") == "NotApplicable":
        return {"TotalTax": ZERO}
    sums: dict[Rate, tuple[Decimal, Decimal]] = {}
    for line, detail in taxed_lines(document):
        net = rounded(decimal(line.get("Amount")) * share)
        for rate, base, amount in _charged(net, rates_of(entity, value_of(detail.get("TaxCodeRef")), lookup)):
            if lookup.switches["tax_rounding"] == "per_line":
                amount = rounded(amount)
            known = sums.get(rate, (ZERO, ZERO))
            sums[rate] = (known[0] + base, known[1] + amount)
    given = _given(document)
    lines = [
        _tax_line(rate, rounded(base), given.get(rate.id, rounded(amount)))
        for rate, (base, amount) in sums.items()
    ]
    total = sum((decimal(line["Amount"]) for line in lines), ZERO)
    return {"TotalTax": money(total), **({"TaxLine": lines} if lines else {})}


def _rate(detail: Document, lookup: Lookup) -> Rate:
    id = value_of(detail.get("TaxRateRef"))
    percent = decimal((lookup.get("TaxRate", id) or {}).get("RateValue"))
    return Rate(id, percent, str(detail.get("TaxTypeApplicable", "TaxOnAmount")))


def _charged(net: Decimal, rates: list[Rate]) -> Iterator[tuple[Rate, Decimal, Decimal]]:
    """(rate, what it taxes, tax) of an amount, unrounded; a rate may tax the taxes before it."""
    before = ZERO
    for rate in rates:
        base = {"TaxOnAmountPlusTax": net + before, "TaxOnTax": before}.get(rate.on, net)
        amount = base * rate.percent / _HUNDRED
        before += amount
        yield rate, base, amount


def _take_tax_out(line: Document, detail: Document, rates: list[Rate]) -> None:
    """The client's amount is gross: the line becomes net, and so does its price."""
    gross = decimal(detail.get("TaxInclusiveAmt", line.get("Amount")))
    factor = 1 + sum(amount for _, _, amount in _charged(Decimal(1), rates))
    line["Amount"] = money(rounded(gross / factor))
    quantity = decimal(detail.get("Qty")) or Decimal(1)
    if "UnitPrice" in detail:
        detail["UnitPrice"] = (line["Amount"] / quantity).quantize(_PRICE)


def _given(document: Document) -> dict[str, Decimal]:
    """Rate id → amount of the tax lines that a client sent, or that an earlier version has."""
    lines: Any = (document.get("TxnTaxDetail") or {}).get("TaxLine") or ()
    return {
        value_of((line.get("TaxLineDetail") or {}).get("TaxRateRef")): decimal(line.get("Amount"))
        for line in lines
    }


def _tax_line(rate: Rate, base: Decimal, amount: Decimal) -> Document:
    return {
        "Amount": money(amount),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate.id},
            "PercentBased": True,
            "TaxPercent": rate.percent,
            "NetAmountTaxable": money(base),
        },
    }
