"""What a document amounts to, reckoned from its lines."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from history.checks.reading import ZERO, amount, cents, differs, lines, linked, to
from history.company import Company, Document

_FORMS = ("Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt")
_SPENT = ("Bill", "VendorCredit", "Purchase", "PurchaseOrder")
_HUNDRED = Decimal(100)


def sales_forms(company: Company) -> Iterator[str]:
    """Lines, less discount, and tax by its code."""
    for entity, form in company.of(*_FORMS):
        name = f"{entity} {form['Id']}"
        sold = list(lines(form, "SalesItemLineDetail"))
        subtotal = sum((amount(line) for line, _ in sold), ZERO)
        for line, _ in lines(form, "SubTotalLineDetail"):
            yield from differs(f"the subtotal of {name}", amount(line), subtotal)
        discount = ZERO
        for line, detail in lines(form, "DiscountLineDetail"):
            if detail.get("PercentBased"):
                reckoned = cents(subtotal * amount(detail, "DiscountPercent") / _HUNDRED)
                yield from differs(f"the discount of {name}", amount(line), reckoned)
            discount += amount(line)
        taxable = sum((amount(line) for line, detail in sold if to(detail, "TaxCodeRef") == "TAX"), ZERO)
        if form.get("ApplyTaxAfterDiscount") and subtotal:
            taxable = cents(taxable * (subtotal - discount) / subtotal)
        tax = amount(form.get("TxnTaxDetail") or {}, "TotalTax")
        yield from differs(f"the tax of {name}", tax, _tax(company, form, taxable))
        yield from differs(f"{name}.TotalAmt", amount(form, "TotalAmt"), subtotal - discount + tax)


def _tax(company: Company, form: Document, taxable: Decimal) -> Decimal:
    """The sum over the rates of the form's code, each to the cent."""
    code = company.get("TaxCode", to(form.get("TxnTaxDetail") or {}, "TxnTaxCodeRef")) or {}
    rates = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail", ())
    return sum((cents(taxable * _rate(company, to(rate, "TaxRateRef")) / _HUNDRED) for rate in rates), ZERO)


def _rate(company: Company, id: str) -> Decimal:
    return amount(company.get("TaxRate", id) or {}, "RateValue")


def spending(company: Company) -> Iterator[str]:
    """What was bought is the sum of its lines, and tax."""
    for entity, document in company.of(*_SPENT):
        spent = sum((amount(line) for line in document.get("Line", ())), ZERO)
        tax = amount(document.get("TxnTaxDetail") or {}, "TotalTax")
        yield from differs(f"{entity} {document['Id']}.TotalAmt", amount(document, "TotalAmt"), spent + tax)


def money(company: Company) -> Iterator[str]:
    """Deposits are their lines less cash; payments use no more than there is, and say what they did not use."""
    for _, deposit in company.of("Deposit"):
        paid_in = sum((amount(line) for line in deposit.get("Line", ())), ZERO)
        paid_in -= amount(deposit.get("CashBack") or {})
        yield from differs(f"Deposit {deposit['Id']}.TotalAmt", amount(deposit, "TotalAmt"), paid_in)
    for entity, payment in company.of("Payment", "BillPayment"):
        name, rest = f"{entity} {payment['Id']}", unused(payment)
        if not ZERO <= rest <= amount(payment, "TotalAmt"):
            yield f"{name} of {payment['TotalAmt']} has {rest} left"
        if entity == "Payment":
            yield from differs(f"{name}.UnappliedAmt", amount(payment, "UnappliedAmt"), rest)


def unused(payment: Document) -> Decimal:
    """What is left of a payment's money when its credits are used too."""
    rest = amount(payment, "TotalAmt")
    for entity, _, applied in linked(payment):
        rest -= -applied if entity in ("CreditMemo", "VendorCredit") else applied
    return rest
