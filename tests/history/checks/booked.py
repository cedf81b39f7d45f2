"""What a document books on money, receivables, payables and the accounts its lines name, reckoned from the document.

Income, cost and stock follow from these by the balance of each document; taxes and totals have checks of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from history.checks.reading import amount, differs, lines, linked, to
from history.company import Company, Document

_Sums = dict[str, Decimal]
_UNDEPOSITED = "UndepositedFunds"


def documents(company: Company) -> Iterator[str]:
    """Each document against its postings, account by account."""
    posted: defaultdict[tuple[str, str], defaultdict[str, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for posting in company.postings:
        posted[posting.entity, posting.id][posting.account] += posting.amount
    for entity, rule in _RULES.items():
        for _, document in company.of(entity):
            booked = posted[entity, document["Id"]]
            for account, reckoned in rule(company, document).items():
                yield from differs(
                    f"{entity} {document['Id']} on account {account}", booked[account], reckoned
                )


def _receivable(company: Company, document: Document) -> _Sums:
    return {_of_type(company, "AccountType", "Accounts Receivable"): amount(document, "TotalAmt")}


def _received(company: Company, document: Document) -> _Sums:
    return {_money(company, document): amount(document, "TotalAmt")}


def _paid(company: Company, document: Document) -> _Sums:
    return {**_received(company, document), **_negative(_receivable(company, document))}


def _payable(company: Company, document: Document) -> _Sums:
    account = to(document, "APAccountRef") or _of_type(company, "AccountType", "Accounts Payable")
    return {account: -amount(document, "TotalAmt")}


def _bill_paid(company: Company, document: Document) -> _Sums:
    check, card = document.get("CheckPayment") or {}, document.get("CreditCardPayment") or {}
    source = to(check, "BankAccountRef") or to(card, "CCAccountRef")
    return {source: -amount(document, "TotalAmt"), **_negative(_payable(company, document))}


def _bought(_company: Company, document: Document) -> _Sums:
    sign = -1 if document.get("Credit") is True else 1
    return {to(document, "AccountRef"): -sign * amount(document, "TotalAmt")}


def _deposited(company: Company, document: Document) -> _Sums:
    back = document.get("CashBack") or {}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    sums[to(document, "DepositToAccountRef")] += amount(document, "TotalAmt")
    if back:
        sums[to(back, "AccountRef")] += amount(back)
    for line, detail in lines(document, "DepositLineDetail"):
        if not line.get("LinkedTxn"):
            sums[to(detail, "AccountRef")] -= amount(line)
    for _, _, part in linked(document):
        sums[_of_type(company, "AccountSubType", _UNDEPOSITED)] -= part
    return sums


def _moved(_company: Company, document: Document) -> _Sums:
    source, goal = to(document, "FromAccountRef"), to(document, "ToAccountRef")
    return {} if source == goal else {source: -amount(document), goal: amount(document)}


def _card_paid(_company: Company, document: Document) -> _Sums:
    return {
        to(document, "CreditCardAccountRef"): amount(document),
        to(document, "BankAccountRef"): -amount(document),
    }


def _entered(_company: Company, document: Document) -> _Sums:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line, detail in lines(document, "JournalEntryLineDetail"):
        sign = 1 if detail["PostingType"] == "Debit" else -1
        sums[to(detail, "AccountRef")] += sign * amount(line)
    return sums


def _money(company: Company, document: Document) -> str:
    return to(document, "DepositToAccountRef") or _of_type(company, "AccountSubType", _UNDEPOSITED)


def _negative(sums: _Sums) -> _Sums:
    return {account: -value for account, value in sums.items()}


def _of_type(company: Company, key: str, word: str) -> str:
    """The account that QuickBooks made for a purpose: the oldest of its type."""
    found = [int(account["Id"]) for _, account in company.of("Account") if account[key] == word]
    return str(min(found))


_Rule = Callable[[Company, Document], _Sums]
_RULES: dict[str, _Rule] = {
    "Bill": _payable,
    "BillPayment": _bill_paid,
    "CreditCardPayment": _card_paid,
    "CreditMemo": lambda company, document: _negative(_receivable(company, document)),
    "Deposit": _deposited,
    "Invoice": _receivable,
    "JournalEntry": _entered,
    "Payment": _paid,
    "Purchase": _bought,
    "RefundReceipt": lambda company, document: _negative(_received(company, document)),
    "SalesReceipt": _received,
    "Transfer": _moved,
    "VendorCredit": lambda company, document: _negative(_payable(company, document)),
}
