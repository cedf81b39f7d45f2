"""What QuickBooks adds to a document that no client sent: custom fields of the company, extensions, small defaults.

All of it stands in recorded answers to requests without it. Totals, names and balances are worked out elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quickbooks_sandbox.amounts import ZERO
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup

_TXN_TYPES = {"Cash": "54", "Check": "3", "CreditCard": "1"}
_SALES_FORMS = ("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt")
# The service's own serializer shows through here.
_NAME_VALUE = {
    "name": "{http://schema.intuit.com/finance/v3}NameValue",
    "declaredType": "com.intuit.schema.finance.v3.NameValue",
    "scope": "javax.xml.bind.JAXBElement$GlobalScope",
}
_ELEMENT_FLAGS = {"nil": False, "globalScope": True, "typeSubstituted": False}


def with_additions(entity: str, document: Document, lookup: Lookup) -> Document:
    """The document with what its object always has."""
    rule = _RULES.get(entity)
    return rule(document, lookup) if rule else document


def with_tax_code(document: Document, lookup: Lookup) -> Document:
    """A new customer of a company that charges sales tax is taxed by the company's code."""
    chosen = (lookup.get("Preferences", "1") or {}).get("TaxPrefs") or {}
    code = chosen.get("TaxGroupCodeRef")
    if not chosen.get("UsingSalesTax") or not code or "Taxable" in document:
        return document
    return {"Taxable": True, "DefaultTaxCodeRef": {"value": code["value"]}, **document}


def extension(**values: str) -> Document:
    """Named values as an extension shows them."""
    return {
        "any": [
            {**_NAME_VALUE, "value": {"Name": name, "Value": value}, **_ELEMENT_FLAGS}
            for name, value in values.items()
        ]
    }


def _custom_fields(document: Document, lookup: Lookup) -> Document:
    """Every custom field that the company uses, filled in or not; then what else was given."""
    used, given = _used(lookup), list(document.get("CustomField") or ())
    found = []
    for number, name in used:
        own = [field for field in given if str(field.get("DefinitionId")) == number]
        found.append({"DefinitionId": number, "Name": name, "Type": "StringType", **(own[0] if own else {})})
    known = {number for number, _ in used}
    found += [field for field in given if str(field.get("DefinitionId")) not in known]
    return {**document, "CustomField": found} if found else document


def _used(lookup: Lookup) -> list[tuple[str, str]]:
    """Numbers and names of the sales forms' custom fields."""
    groups = ((lookup.get("Preferences", "1") or {}).get("SalesFormsPrefs") or {}).get("CustomField") or ()
    values: dict[str, Any] = {
        str(field.get("Name")): field.get("BooleanValue", field.get("StringValue"))
        for group in groups
        for field in group.get("CustomField", ())
    }
    return [
        (number, str(values[f"SalesFormsPrefs.SalesCustomName{number}"]))
        for number in "123"
        if values.get(f"SalesFormsPrefs.UseSalesCustom{number}") is True
        and values.get(f"SalesFormsPrefs.SalesCustomName{number}")
    ]


def _purchase(document: Document, _lookup: Lookup) -> Document:
    kind = str(document.get("PaymentType"))
    found = {**document, "PurchaseEx": extension(TxnType=_TXN_TYPES.get(kind, "54"))}
    if kind == "Check":
        return {"PrintStatus": "NotSet", **found}
    return {"Credit": False, **found} if kind == "CreditCard" else found


def _term(document: Document, _lookup: Lookup) -> Document:
    """Due after days, or on a day of the month, which is its type."""
    found = {"DiscountPercent": ZERO, **document}
    if "DueDays" not in document and "DayOfMonthDue" in document:
        return {**found, "Type": "DATE_DRIVEN"}
    return {"DueDays": 0, **found, "Type": "STANDARD"}


def _attachable(document: Document, _lookup: Lookup) -> Document:
    if "AttachableRef" not in document:
        return document
    linked = [{"IncludeOnSend": False, **link} for link in document["AttachableRef"]]
    return {**document, "AttachableRef": linked}


_RULES: dict[str, Callable[[Document, Lookup], Document]] = {
    "Attachable": _attachable,
    "Purchase": _purchase,
    "Term": _term,
    **dict.fromkeys(_SALES_FORMS, _custom_fields),
}
