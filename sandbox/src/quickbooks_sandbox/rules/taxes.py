"""What a document must say of its taxes, which differs between the United States and elsewhere."""

from __future__ import annotations

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.taxes import rates_of, taxed_lines

_TAXED = (
    "Bill", "CreditMemo", "Estimate", "Invoice", "Purchase", "PurchaseOrder", "RefundReceipt", "SalesReceipt",
    "VendorCredit",
)  # fmt: skip
_BOUGHT = ("Bill", "Purchase", "PurchaseOrder", "VendorCredit")
# How the service calls the tax of a country when it asks for it; GST/HST is recorded, the others follow it.
_WORDS = {"AU": "GST", "CA": "GST/HST", "GB": "VAT", "IN": "GST", "NZ": "GST", "SG": "GST"}


def check_taxes(entity: Entity, after: Document, lookup: Lookup) -> None:
    """Refuses a document whose lines or tax lines will not do; drops what the company does not keep."""
    if lookup.home.is_us:
        # Documented: ignored, and not stored. Of purchases, which are not taxed there, uncertain.
        if not lookup.home.uses_sales_tax or entity.name in _BOUGHT:
            after.pop("TxnTaxDetail", None)
    elif entity.name in _TAXED:
        _check_abroad(entity, after, lookup)
    elif entity.name in ("Deposit", "JournalEntry"):
        _check_untaxed(entity, after)


def _check_abroad(entity: Entity, after: Document, lookup: Lookup) -> None:
    given = (after.get("TxnTaxDetail") or {}).get("TaxLine") or ()
    if after.get("GlobalTaxCalculation") == "NotApplicable":
        if given:
            raise refusals.tax_not_applicable()
        return
    used = {rate.id for code in _codes(after, lookup) for rate in rates_of(entity.name, code, lookup)}
    for line in given:
        rate = value_of((line.get("TaxLineDetail") or {}).get("TaxRateRef"))
        if rate not in used:
            raise refusals.foreign_tax_rate(rate)


def _codes(after: Document, lookup: Lookup) -> list[str]:
    """The tax codes of all lines; raises Fault where one is missing, or is a pseudo code of the United States."""
    codes = [value_of(detail.get("TaxCodeRef")) for _, detail in taxed_lines(after)]
    if not all(codes):
        raise refusals.untaxed_line(_WORDS.get(lookup.home.country, "tax"))
    for code in codes:
        if lookup.get("TaxCode", code) is None:
            raise refusals.bad_reference("TaxCode", code)
    return codes


def _check_untaxed(entity: Entity, after: Document) -> None:
    """Taxes of these are not imitated: better refused than left out of the books."""
    details = [line.get(str(line.get("DetailType"))) or {} for line in after.get("Line") or ()]
    if any("TaxCodeRef" in detail for detail in details) or (after.get("TxnTaxDetail") or {}).get("TaxLine"):
        raise faults.unsupported(f"tax on {entity.name.lower()} (not imitated by the sandbox)")
