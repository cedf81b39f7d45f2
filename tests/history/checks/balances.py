"""What is open of each document, and what customers owe and vendors are owed: the sum of what is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from history.checks.reading import ZERO, amount, differs, lines, linked, to
from history.checks.totals import unused
from history.company import Company

_SETTLED = {
    "Invoice": "Balance",
    "CreditMemo": "RemainingCredit",
    "Bill": "Balance",
    "VendorCredit": "Balance",
}
_Sums = defaultdict[str, Decimal]


def open_documents(company: Company) -> Iterator[str]:
    """A document is open by what no payment has settled of it, and never by less than nothing."""
    settled: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, payment in company.of("Payment", "BillPayment"):
        for entity, id, applied in linked(payment):
            settled[entity, id] += applied
    for entity, document in company.of(*_SETTLED):
        key = _SETTLED[entity]
        name = f"{entity} {document['Id']}.{key}"
        rest = amount(document, "TotalAmt") - settled[entity, document["Id"]]
        yield from differs(name, amount(document, key), rest)
        if rest < 0:
            yield f"{name} is negative: {rest}"


def customers(company: Company) -> Iterator[str]:
    """A customer owes open invoices less open credits and unused payments, and what journals say; parents add jobs."""
    owed = _journals(company, "Customer")
    for _, invoice in company.of("Invoice"):
        owed[to(invoice, "CustomerRef")] += amount(invoice, "Balance")
    for _, memo in company.of("CreditMemo"):
        owed[to(memo, "CustomerRef")] -= amount(memo, "RemainingCredit")
    for _, payment in company.of("Payment"):
        owed[to(payment, "CustomerRef")] -= amount(payment, "UnappliedAmt")
    below: _Sums = defaultdict(Decimal)
    for _, customer in company.of("Customer"):
        below[to(customer, "ParentRef")] += amount(customer, "BalanceWithJobs")
    for _, customer in company.of("Customer"):
        name, own = f"Customer {customer['Id']}", owed[customer["Id"]]
        yield from differs(f"{name}.Balance", amount(customer, "Balance"), own)
        whole = own + below[customer["Id"]]
        yield from differs(f"{name}.BalanceWithJobs", amount(customer, "BalanceWithJobs"), whole)


def vendors(company: Company) -> Iterator[str]:
    """A vendor is owed open bills less open credits, payments above what they settle, and what journals say."""
    owed = _journals(company, "Vendor")
    for _, bill in company.of("Bill"):
        owed[to(bill, "VendorRef")] += amount(bill, "Balance")
    for _, credit in company.of("VendorCredit"):
        owed[to(credit, "VendorRef")] -= amount(credit, "Balance")
    for _, payment in company.of("BillPayment"):
        owed[to(payment, "VendorRef")] -= unused(payment)
    for _, vendor in company.of("Vendor"):
        yield from differs(f"Vendor {vendor['Id']}.Balance", amount(vendor, "Balance"), owed[vendor["Id"]])


def _journals(company: Company, kind: str) -> _Sums:
    """What journal lines, and lines on receivables of other documents, add to names."""
    word, more = {"Customer": ("Accounts Receivable", "Debit"), "Vendor": ("Accounts Payable", "Credit")}[
        kind
    ]
    accounts = {account["Id"] for _, account in company.of("Account") if account["AccountType"] == word}
    sums: _Sums = defaultdict(Decimal)
    for _, entry in company.of("JournalEntry"):
        for line, detail in lines(entry, "JournalEntryLineDetail"):
            if to(detail, "AccountRef") in accounts:
                sign = 1 if detail["PostingType"] == more else -1
                sums[to(detail.get("Entity") or {}, "EntityRef")] += sign * amount(line)
    if kind == "Customer":
        for _, deposit in company.of("Deposit"):
            for line, detail in lines(deposit, "DepositLineDetail"):
                if to(detail, "AccountRef") in accounts and not line.get("LinkedTxn"):
                    sums[to(detail, "Entity")] -= amount(line)
    sums.pop("", ZERO)
    return sums
