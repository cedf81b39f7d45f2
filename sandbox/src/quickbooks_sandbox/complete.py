"""What QuickBooks adds to a document when it is written: names of references, defaults, totals.

Balances that other documents move are added by `derive`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox import account_types, faults, refusals
from quickbooks_sandbox.additions import with_additions
from quickbooks_sandbox.amounts import ZERO, decimal, line_sum, money
from quickbooks_sandbox.currencies import with_home_amounts
from quickbooks_sandbox.currency_names import CURRENCY_NAMES
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.purchases import with_purchase_total
from quickbooks_sandbox.sales import with_totals
from quickbooks_sandbox.settling import owed_and_credit
from quickbooks_sandbox.taxes import with_tax_mode

_Rule = Callable[[Document, Lookup], Document]

_PEOPLE = ("Customer", "Vendor", "Employee")
_NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_SALES_FORMS = ("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt")
_CLASSIFICATIONS = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip
_SUB_FLAGS = {"Account": "SubAccount", "Class": "SubClass", "Department": "SubDepartment", "Item": "SubItem"}
_DEFAULTS: dict[str, Document] = {
    "Customer": {"Taxable": False, "BillWithParent": False, "PreferredDeliveryMethod": "Print"},
    "Vendor": {"Vendor1099": False},
    "Employee": {"BillableTime": False},
    "Item": {"Type": "Service", "Taxable": False, "UnitPrice": ZERO, "PurchaseCost": ZERO},
    "Invoice": {
        "AllowIPNPayment": False, "AllowOnlinePayment": False, "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False, "ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
    },
    "SalesReceipt": {"ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet"},
    "Estimate": {
        "ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet", "TxnStatus": "Pending",
    },
    "CreditMemo": {"ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet"},
    "RefundReceipt": {"ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint"},
    "Payment": {"ProcessPayment": False},
    "PurchaseOrder": {"POStatus": "Open"},
    "JournalEntry": {"Adjustment": False},
    "TimeActivity": {"BillableStatus": "NotBillable", "Taxable": False, "HourlyRate": ZERO},
    "PaymentMethod": {"Type": "NON_CREDIT_CARD"},
    "TaxAgency": {"TaxTrackedOnPurchases": False, "TaxTrackedOnSales": True},
}  # fmt: skip


def completed(entity: Entity, document: Document, lookup: Lookup, today: date) -> Document:
    """The document with everything that QuickBooks adds by itself; raises Fault where it cannot."""
    found = {**_DEFAULTS.get(entity.name, {}), **document, "domain": "QBO", "sparse": False}
    found = with_additions(entity.name, found, lookup)
    if entity.has_active:
        found.setdefault("Active", True)
    if entity.shape is Shape.TRANSACTION and "TxnDate" in entity.by_path:
        found.setdefault("TxnDate", today.isoformat())
    if entity.name in _PEOPLE:
        _name_person(found)
    _place_below_parent(entity, found, lookup)
    found = _OWN[entity.name](found, lookup) if entity.name in _OWN else found
    if entity.name in _SALES_FORMS:
        found = _sales_form(entity, found, lookup)
    found = with_home_amounts(entity, found, lookup.home)
    _name_references(entity, found, lookup)
    return found


def number_lines(entity: Entity, document: Document, before: Document) -> None:
    """Gives new lines their Ids; the lines of payments and the totals of forms have none."""
    if entity.name == "Purchase":  # whose lines have Ids and no numbers
        document["Line"] = [
            {k: v for k, v in line.items() if k != "LineNum"} for line in document.get("Line", ())
        ]
    taken = {str(line.get("Id")) for line in before.get("Line", ()) if isinstance(line, dict)}
    first = 0 if entity.name == "JournalEntry" else 1
    following = max((int(i) + 1 for i in taken if i.isdecimal()), default=first)
    place = 0
    for line in document.get("Line", ()):
        if not _is_numbered(line):
            continue
        place += 1
        if "LineNum" not in line and entity.name not in ("JournalEntry", "Purchase"):
            line["LineNum"] = place
        if str(line.get("Id", "")) not in taken or "Id" not in line:
            line["Id"] = str(following)
            following += 1


def _is_numbered(line: Document) -> bool:
    return line.get("DetailType") not in (None, "SubTotalLineDetail", "DiscountLineDetail")


def name_of(entity: Entity, document: Document) -> str:
    """Under which name lists are sorted and must be unique."""
    for key in ("FullyQualifiedName", "DisplayName", "Name", "CompanyName", "FileName", "Code"):
        if document.get(key) and key in entity.by_path:
            return str(document[key])
    return ""


def _name_person(document: Document) -> None:
    if not document.get("DisplayName"):
        parts = [str(document[part]) for part in _NAME_PARTS if document.get(part)]
        if not parts:
            raise refusals.nameless()
        document["DisplayName"] = " ".join(parts)
    document.setdefault("PrintOnCheckName", document.get("CompanyName") or document["DisplayName"])


def _place_below_parent(entity: Entity, document: Document, lookup: Lookup) -> None:
    """Full name, level and the flag of a sub-object."""
    if "FullyQualifiedName" not in entity.by_path:
        return
    own = str(document.get("DisplayName" if entity.name == "Customer" else "Name", ""))
    parent = lookup.referred(entity.name, document.get("ParentRef"))
    document["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{own}" if parent else own
    if "Level" in entity.by_path:
        document.pop("Level", None)
        if parent:
            document["Level"] = int(parent.get("Level", 0)) + 1
    if entity.name == "Customer":
        document["Job"] = bool(parent)
    elif entity.name != "Item" or parent:
        document[_SUB_FLAGS[entity.name]] = bool(parent)


def _account(document: Document, _lookup: Lookup) -> Document:
    known = account_types.type_of(str(document.get("AccountSubType")))
    kind = str(document.get("AccountType") or known or "Expense")
    if kind not in _CLASSIFICATIONS:
        raise refusals.bad_word("Invalid Account.AccountType && Account.SubType")
    return {
        **document,
        "AccountType": kind,
        "AccountSubType": document.get("AccountSubType", account_types.DEFAULTS[kind]),
        "Classification": _CLASSIFICATIONS[kind],
    }


def _company_currency(document: Document, _lookup: Lookup) -> Document:
    code = str(document.get("Code", ""))
    return {**document, "Name": CURRENCY_NAMES.get(code, code)}


def _item(document: Document, lookup: Lookup) -> Document:
    inventory = document.get("Type") == "Inventory"
    found = {**document, "TrackQtyOnHand": inventory}
    if document.get("Type") == "Service" and "IncomeAccountRef" not in found:
        found["IncomeAccountRef"] = {"value": lookup.income}
    return found


def _payment(document: Document, lookup: Lookup) -> Document:
    found = _settling(document, lookup)
    owed, credit = owed_and_credit(found["Line"])
    found["UnappliedAmt"] = money(decimal(document.get("TotalAmt")) - owed + credit)
    found.setdefault("DepositToAccountRef", {"value": lookup.undeposited})
    return found


def _settling(document: Document, _lookup: Lookup) -> Document:
    """A payment of a customer or to a vendor settles what its money and its credits are enough for."""
    lines = document.get("Line", [])
    owed, credit = owed_and_credit(lines)
    if owed > decimal(document.get("TotalAmt")) + credit:
        raise faults.business("You can't apply more than the amount of the payment.")
    if credit > owed:
        raise faults.business("You can't apply more credit than there is to settle.")
    return {**document, "Line": lines}


def _purchase(entity: str) -> _Rule:
    return lambda document, lookup: with_purchase_total(entity, document, lookup)


def _vendor_credit(document: Document, lookup: Lookup) -> Document:
    return _owing("VendorCredit", document, lookup)


def _owing(entity: str, document: Document, lookup: Lookup) -> Document:
    found = with_purchase_total(entity, document, lookup)
    found.setdefault("APAccountRef", {"value": lookup.payable_of(found)})
    return found


def _bill(document: Document, lookup: Lookup) -> Document:
    found = _owing("Bill", document, lookup)
    if "DueDate" not in found:
        vendor = lookup.referred("Vendor", found.get("VendorRef"))
        found["DueDate"] = _due(found, found.get("SalesTermRef") or vendor.get("TermRef"), lookup, 0)
    return found


def _deposit(document: Document, _lookup: Lookup) -> Document:
    back = decimal((document.get("CashBack") or {}).get("Amount"))
    return {**document, "TotalAmt": money(line_sum(document.get("Line", ())) - back)}


def _journal_entry(document: Document, _lookup: Lookup) -> Document:
    sides = {"Debit": ZERO, "Credit": ZERO}
    for line in document.get("Line", ()):
        kind = str(line.get("JournalEntryLineDetail", {}).get("PostingType"))
        if kind not in sides:
            raise faults.required("PostingType")
        sides[kind] += decimal(line.get("Amount"))
    if sides["Debit"] != sides["Credit"]:
        raise refusals.unbalanced()
    document.setdefault("TxnTaxDetail", {})
    return document


def _sales_form(entity: Entity, document: Document, lookup: Lookup) -> Document:
    """Lines with their defaults, totals, addresses and due date."""
    customer = lookup.referred("Customer", document.get("CustomerRef"))
    for line in document.get("Line", ()):
        if line.get("DetailType") == "SalesItemLineDetail":
            detail = line.setdefault("SalesItemLineDetail", {})
            detail.setdefault("ItemRef", {"value": "1"})
            if lookup.home.is_us:
                detail.setdefault("TaxCodeRef", {"value": "NON"})
    if not lookup.home.is_us:
        document = with_tax_mode(
            {key: value for key, value in document.items() if key != "ApplyTaxAfterDiscount"}
        )
    found = with_totals(entity.name, document, lookup)
    for key in ("BillAddr", "ShipAddr"):
        if key not in found and key in customer and f"{key}.Line1" in entity.by_path:
            found[key] = customer[key]
    if entity.name == "Invoice" and "DueDate" not in found:
        found["DueDate"] = _due(found, found.get("SalesTermRef") or customer.get("SalesTermRef"), lookup, 30)
    if entity.name in ("SalesReceipt", "RefundReceipt"):
        found["Balance"] = ZERO
        found.setdefault("DepositToAccountRef", {"value": lookup.undeposited})
    return found


def _due(document: Document, term_ref: Any, lookup: Lookup, otherwise: int) -> str:
    term = lookup.referred("Term", term_ref)
    days = int(term.get("DueDays", otherwise)) if term else otherwise
    return (date.fromisoformat(str(document["TxnDate"])[:10]) + timedelta(days=days)).isoformat()


def _name_references(entity: Entity, document: Document, lookup: Lookup) -> None:
    """The name beside every reference, at the top and in the lines."""
    for field in entity.references():
        key = field.steps[0]
        reference = document.get(key)
        if isinstance(reference, dict) and value_of(reference) and key != "ParentRef":
            target = field.to or str(reference.get("type", ""))
            _name_reference(reference, "" if (entity.name, key) in _NAMELESS_HERE else target, lookup)
    for key in _PARTS_WITH_REFERENCES:
        _name_in(document.get(key), lookup)


def _name_in(value: Any, lookup: Lookup) -> None:
    if isinstance(value, list):
        for item in value:
            _name_in(item, lookup)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in LINE_REFERENCES and value_of(inner):
                target = LINE_REFERENCES[key] or str(inner.get("type") or value.get("Type", ""))
                _name_reference(inner, target, lookup)
            else:
                _name_in(inner, lookup)


def _name_reference(reference: Document, target: str, lookup: Lookup) -> None:
    reference.pop("name", None)
    if target in _NAMELESS:
        return
    found = lookup.get(target.capitalize() if target.isupper() else target, value_of(reference))
    if found:
        name = found.get("DisplayName") or found.get("Name") or found.get("FullyQualifiedName")
        if name:
            reference["name"] = name


# What recorded answers refer to by value alone, everywhere or there.
_NAMELESS = ("", "TaxCode", "Term", "TaxAgency", "CustomerType")
_NAMELESS_HERE = frozenset({("Payment", "DepositToAccountRef"), ("Payment", "PaymentMethodRef")})
_PARTS_WITH_REFERENCES = (
    "Line", "CheckPayment", "CreditCardPayment", "CashBack", "SalesTaxRateList", "PurchaseTaxRateList", "BudgetDetail",
)  # fmt: skip

# References inside lines and payment details, and what they point at; "" where the reference says it itself.
LINE_REFERENCES = {
    "AccountRef": "Account",
    "AssetAccountRef": "Account",
    "BankAccountRef": "Account",
    "CCAccountRef": "Account",
    "ClassRef": "Class",
    "CustomerRef": "Customer",
    "DepartmentRef": "Department",
    "DiscountAccountRef": "Account",
    "Entity": "",
    "EntityRef": "",
    "ItemAccountRef": "Account",
    "ItemRef": "Item",
    "PaymentMethodRef": "",  # of a deposit's line: by value alone
    "TaxRateRef": "TaxRate",
    "VendorRef": "Vendor",
}

_OWN: dict[str, _Rule] = {
    "Account": _account,
    "Bill": _bill,
    "BillPayment": _settling,
    "CompanyCurrency": _company_currency,
    "Deposit": _deposit,
    "Item": _item,
    "JournalEntry": _journal_entry,
    "Payment": _payment,
    "Purchase": _purchase("Purchase"),
    "PurchaseOrder": _purchase("PurchaseOrder"),
    "VendorCredit": _vendor_credit,
}
