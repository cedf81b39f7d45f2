"""What single objects ask of a whole document besides required properties: names, account types, times, terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.account_types import type_of
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.switches import Switches

_BILLED = "HasBeenBilled"
_NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_PEOPLE = ("Customer", "Vendor", "Employee")
# Which characters a name may not have; the property that names the object.
_FORBIDDEN = {
    "Account": ("Name", ':"\t\n\r'),
    "Class": ("Name", ":\t\n\r"),
    "Customer": ("DisplayName", ":\t\n\r"),
    "Department": ("Name", ":\t\n\r"),
    "Employee": ("DisplayName", ":\t\n\r"),
    "Item": ("Name", ":\t\n\r"),
    "Vendor": ("DisplayName", ":\t\n\r"),
}
_TERM_RANGES = {
    "DueDays": (0, 999),
    "DiscountDays": (0, 999),
    "DiscountPercent": (0, 100),
    "DayOfMonthDue": (1, 31),
    "DueNextMonthDays": (0, 999),
    "DiscountDayOfMonth": (0, 31),
}

_Rule = Callable[[Document, Switches], Iterator[Fault]]


def object_faults(entity: Entity, document: Document, switches: Switches) -> Iterator[Fault]:
    """What is wrong with a whole document of this object."""
    name, signs = _FORBIDDEN.get(entity.name, ("", ""))
    if any(sign in str(document.get(name, "")) for sign in signs):
        yield refusals.invalid_string(name, str(document[name]))
    if entity.name in _RULES:
        yield from _RULES[entity.name](document, switches)


def check_billed(entity: Entity, before: Document, document: Document, switches: Switches) -> None:
    """Only an invoice makes time billed; a switch says whether the word may be sent back."""
    if entity.name != "TimeActivity" or document.get("BillableStatus") != _BILLED:
        return
    if before.get("BillableStatus") != _BILLED or switches["billed_time_sent_back"] == "refuse":
        raise refusals.bad_word("HAS_BEEN_BILLED")


def _person(document: Document, _switches: Switches) -> Iterator[Fault]:
    if not any(document.get(part) for part in ("DisplayName", *_NAME_PARTS)):
        yield refusals.nameless()


def _customer(document: Document, switches: Switches) -> Iterator[Fault]:
    yield from _person(document, switches)
    if document.get("PreferredDeliveryMethod") == "Email" and "PrimaryEmailAddr" not in document:
        yield refusals.email_required()


def _employee(document: Document, switches: Switches) -> Iterator[Fault]:
    missing = [part for part in ("GivenName", "FamilyName") if not document.get(part)]
    if len(missing) == 2 or (missing and switches["employee_names"] == "both"):
        yield from map(faults.required, missing)


def _attachable(document: Document, _switches: Switches) -> Iterator[Fault]:
    if "Note" not in document and "FileName" not in document:
        yield faults.required("Note")


def _sales_form(document: Document, _switches: Switches) -> Iterator[Fault]:
    if document.get("EmailStatus") == "NeedToSend" and "BillEmail" not in document:
        yield faults.required("BillEmail")


def _account(document: Document, _switches: Switches) -> Iterator[Fault]:
    if "AccountType" not in document and "AccountSubType" not in document:
        yield refusals.account_without_type()
    known = type_of(str(document.get("AccountSubType")))
    if known and document.get("AccountType", known) != known:
        yield refusals.bad_word("Invalid Account.AccountType && Account.SubType")


def _item(document: Document, _switches: Switches) -> Iterator[Fault]:
    if document.get("Type") in ("Group", "Bundle") and "Id" not in document:  # bundles are made on the screen
        yield refusals.bad_word(str(document["Type"]))
    if document.get("Type") == "Inventory":
        names = ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "InvStartDate")
        yield from (faults.required(name) for name in names if name not in document)


def _term(document: Document, _switches: Switches) -> Iterator[Fault]:
    if "DueDays" not in document and "DayOfMonthDue" not in document:
        yield faults.required("DueDays")
    for name, (least, most) in _TERM_RANGES.items():
        if name in document and not least <= document[name] <= most:
            yield refusals.out_of_range(name, document[name], least, most)


def _bill_payment(document: Document, _switches: Switches) -> Iterator[Fault]:
    way, account = {
        "Check": ("CheckPayment", "BankAccountRef"),
        "CreditCard": ("CreditCardPayment", "CCAccountRef"),
    }.get(str(document.get("PayType")), ("", ""))
    if way and account not in document.get(way, {}):
        yield faults.required(account)


def _time_activity(document: Document, _switches: Switches) -> Iterator[Fault]:
    who = f"{document.get('NameOf')}Ref"
    if who in ("EmployeeRef", "VendorRef") and who not in document:
        yield refusals.time_activity("6300", "Invalid Employee Or Vendor Name", f"{who} is missing")
    has_times = "StartTime" in document and "EndTime" in document
    if "Hours" not in document and "Minutes" not in document and not has_times:
        yield refusals.time_activity("6350", "Missing Time", "Time (hours:minutes) is missing")
    if document.get("BillableStatus") == "Billable":
        if "CustomerRef" not in document:
            yield refusals.time_activity(
                "6310", "Missing Customer", "A customer is required for billable time"
            )
        if "HourlyRate" not in document:
            yield refusals.time_activity("6330", "Missing Billing Rate", "Invalid hourly rate")


_RULES: dict[str, _Rule] = {
    "Account": _account,
    "Attachable": _attachable,
    "BillPayment": _bill_payment,
    "CreditMemo": _sales_form,
    "Customer": _customer,
    "Employee": _employee,
    "Estimate": _sales_form,
    "Invoice": _sales_form,
    "Item": _item,
    "RefundReceipt": _sales_form,
    "SalesReceipt": _sales_form,
    "Term": _term,
    "TimeActivity": _time_activity,
    "Vendor": _person,
}
