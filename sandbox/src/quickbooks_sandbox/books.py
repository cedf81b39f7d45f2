"""Double entry: which amounts a document books on which accounts.

Every balance of the company is a sum of these postings, and every document's postings sum to zero. Debit is
positive. Stock is valued at the item's purchase cost. The rules below speak the currency of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from quickbooks_sandbox.amounts import ZERO, decimal, units
from quickbooks_sandbox.currencies import at_home
from quickbooks_sandbox.differences import differences
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.links import target_of
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Posting

_Book = Callable[[Document, Lookup], Iterator[Posting]]


def postings(entity: str, document: Document, lookup: Lookup) -> list[Posting]:
    """What a document books; most objects book nothing."""
    book = _BOOKS.get(entity)
    if book is None:
        return []
    booked = at_home([*book(document, lookup), *differences(entity, document, lookup)], document, lookup)
    return [p for p in booked if p.amount or p.quantity or p.own]


def _sale(document: Document, lookup: Lookup, sign: int) -> Iterator[Posting]:
    """Income, discount, tax and cost of goods of a sales form, without the side that pays."""
    for line in document.get("Line", ()):
        amount = sign * units(line.get("Amount"))
        kind = line.get("DetailType")
        if kind == "SalesItemLineDetail":
            yield from _sold(line, amount, sign, document, lookup)
        elif kind == "GroupLineDetail":
            for inner in line.get("GroupLineDetail", {}).get("Line", ()):
                yield from _sold(inner, sign * units(inner.get("Amount")), sign, document, lookup)
        elif kind == "DiscountLineDetail":
            detail = line.get("DiscountLineDetail", {})
            yield Posting(value_of(detail.get("DiscountAccountRef")) or lookup.discounts, amount)
    for line in (document.get("TxnTaxDetail") or {}).get("TaxLine", ()):
        rate = value_of(line.get("TaxLineDetail", {}).get("TaxRateRef"))
        yield Posting(lookup.tax_payable(rate), -sign * units(line.get("Amount")))


def _sold(line: Document, amount: int, sign: int, document: Document, lookup: Lookup) -> Iterator[Posting]:
    detail = line.get("SalesItemLineDetail", {})
    item_id = value_of(detail.get("ItemRef"))
    item = lookup.get("Item", item_id) or {}
    account = (
        value_of(detail.get("ItemAccountRef")) or value_of(item.get("IncomeAccountRef")) or lookup.income
    )
    yield Posting(account, -amount)
    if is_stocked(item, document):
        quantity = -sign * decimal(detail.get("Qty", 1))
        yield from _moved(item_id, item, quantity, value_of(item["ExpenseAccountRef"]))


def is_stocked(item: Document, document: Document) -> bool:
    """Whether a document moves the stock of an item: not before the day the item's stock began."""
    return item.get("Type") == "Inventory" and str(document.get("TxnDate")) >= str(item.get("InvStartDate"))


def _moved(item_id: str, item: Document, quantity: Any, against: str) -> Iterator[Posting]:
    """Stock that comes or goes at cost."""
    cost = units(quantity * decimal(item.get("PurchaseCost")))
    stock = value_of(item.get("AssetAccountRef"))
    yield Posting(stock, cost, item=item_id, quantity=units(quantity), own=0)  # costs are kept at home
    yield Posting(against, -cost, own=0)


def _invoice(document: Document, lookup: Lookup, sign: int = 1) -> Iterator[Posting]:
    yield from _sale(document, lookup, sign)
    customer = value_of(document.get("CustomerRef"))
    yield Posting(
        lookup.receivable_of(document), sign * units(document.get("TotalAmt")), "Customer", customer
    )


def _credit_memo(document: Document, lookup: Lookup) -> Iterator[Posting]:
    return _invoice(document, lookup, -1)


def _receipt(document: Document, lookup: Lookup, sign: int = 1) -> Iterator[Posting]:
    yield from _sale(document, lookup, sign)
    account = value_of(document.get("DepositToAccountRef")) or lookup.undeposited
    yield Posting(account, sign * units(document.get("TotalAmt")))


def _refund(document: Document, lookup: Lookup) -> Iterator[Posting]:
    return _receipt(document, lookup, -1)


def _payment(document: Document, lookup: Lookup) -> Iterator[Posting]:
    amount = units(document.get("TotalAmt"))
    yield Posting(value_of(document.get("DepositToAccountRef")) or lookup.undeposited, amount)
    payer = value_of(document.get("CustomerRef"))
    for line in document.get("Line", ()):
        for linked in line.get("LinkedTxn", ()):
            entity, id = target_of(linked)
            # A parent pays for its jobs: each job's account loses what was settled of its documents.
            customer = value_of((lookup.get(entity, id) or {}).get("CustomerRef")) or payer
            settled = -units(line.get("Amount")) if entity != "CreditMemo" else units(line.get("Amount"))
            yield Posting(lookup.receivable_of(document), settled, "Customer", customer)
            amount += settled
    yield Posting(lookup.receivable_of(document), -amount, "Customer", payer)


def _spent(document: Document, lookup: Lookup, sign: int) -> Iterator[Posting]:
    """The lines of a bill, purchase or vendor credit."""
    for line in document.get("Line", ()):
        amount = sign * units(line.get("Amount"))
        if line.get("DetailType") == "ItemBasedExpenseLineDetail":
            yield from _bought(line["ItemBasedExpenseLineDetail"], amount, sign, document, lookup)
        elif line.get("DetailType") == "AccountBasedExpenseLineDetail":
            detail = line["AccountBasedExpenseLineDetail"]
            yield from _owed(
                value_of(detail.get("AccountRef")), amount, value_of(detail.get("CustomerRef")), lookup
            )
    for line in (document.get("TxnTaxDetail") or {}).get("TaxLine", ()):
        rate = value_of(line.get("TaxLineDetail", {}).get("TaxRateRef"))
        yield Posting(lookup.tax_payable(rate), sign * units(line.get("Amount")))


def _bought(
    detail: Document, amount: int, sign: int, document: Document, lookup: Lookup
) -> Iterator[Posting]:
    item_id = value_of(detail.get("ItemRef"))
    item = lookup.get("Item", item_id) or {}
    if is_stocked(item, document):
        quantity = sign * decimal(detail.get("Qty", 1))
        yield from _moved(item_id, item, quantity, value_of(item["ExpenseAccountRef"]))
        yield Posting(value_of(item["ExpenseAccountRef"]), amount)
    else:
        yield Posting(
            value_of(item.get("ExpenseAccountRef")) or value_of(item.get("IncomeAccountRef")), amount
        )


def _owed(account: str, amount: int, customer: str, lookup: Lookup) -> Iterator[Posting]:
    """A line on receivables concerns its customer."""
    is_theirs = lookup.is_of(account, "Accounts Receivable")
    yield Posting(account, amount, "Customer", customer if is_theirs else "")


def _bill(document: Document, lookup: Lookup, sign: int = 1) -> Iterator[Posting]:
    yield from _spent(document, lookup, sign)
    account = value_of(document.get("APAccountRef")) or lookup.payable_of(document)
    yield Posting(
        account, -sign * units(document.get("TotalAmt")), "Vendor", value_of(document.get("VendorRef"))
    )


def _vendor_credit(document: Document, lookup: Lookup) -> Iterator[Posting]:
    return _bill(document, lookup, -1)


def _bill_payment(document: Document, lookup: Lookup) -> Iterator[Posting]:
    amount = units(document.get("TotalAmt"))
    payable = value_of(document.get("APAccountRef")) or lookup.payable_of(document)
    yield Posting(payable, amount, "Vendor", value_of(document.get("VendorRef")))
    yield Posting(_paid_from(document), -amount)


def _paid_from(document: Document) -> str:
    check, card = document.get("CheckPayment", {}), document.get("CreditCardPayment", {})
    return value_of(check.get("BankAccountRef")) or value_of(card.get("CCAccountRef"))


def _purchase(document: Document, lookup: Lookup) -> Iterator[Posting]:
    sign = -1 if document.get("Credit") is True else 1
    yield from _spent(document, lookup, sign)
    yield Posting(value_of(document.get("AccountRef")), -sign * units(document.get("TotalAmt")))


def _deposit(document: Document, lookup: Lookup) -> Iterator[Posting]:
    yield Posting(value_of(document.get("DepositToAccountRef")), units(document.get("TotalAmt")))
    back = document.get("CashBack") or {}
    yield Posting(value_of(back.get("AccountRef")), units(back.get("Amount")))
    for line in document.get("Line", ()):
        detail = line.get("DepositLineDetail", {})
        account = lookup.undeposited if line.get("LinkedTxn") else value_of(detail.get("AccountRef"))
        entity = detail.get("Entity") or {}
        customer = value_of(entity) if str(entity.get("type", "")).upper() == "CUSTOMER" else ""
        yield from _owed(account, -units(line.get("Amount")), customer, lookup)


def _transfer(document: Document, _lookup: Lookup) -> Iterator[Posting]:
    amount = units(document.get("Amount"))
    yield Posting(value_of(document.get("ToAccountRef")), amount)
    yield Posting(value_of(document.get("FromAccountRef")), -amount)


def _card_payment(document: Document, _lookup: Lookup) -> Iterator[Posting]:
    amount = units(document.get("Amount"))
    yield Posting(value_of(document.get("CreditCardAccountRef")), amount)
    yield Posting(value_of(document.get("BankAccountRef")), -amount)


def _tax_payment(document: Document, lookup: Lookup) -> Iterator[Posting]:
    """It names no agency: the first of the accounts of tax is taken."""
    sign = -1 if str(document.get("Refund")).lower() == "true" else 1
    amount = sign * units(document.get("PaymentAmount"))
    yield Posting(lookup.account_of("AccountSubType", "GlobalTaxPayable"), amount)
    yield Posting(value_of(document.get("PaymentAccountRef")), -amount)


def _journal_entry(document: Document, lookup: Lookup) -> Iterator[Posting]:
    for line in document.get("Line", ()):
        detail = line.get("JournalEntryLineDetail", {})
        sign = 1 if detail.get("PostingType") == "Debit" else -1
        entity = detail.get("Entity") or {}
        account = value_of(detail.get("AccountRef"))
        concerned = any(lookup.is_of(account, f"Accounts {side}") for side in ("Receivable", "Payable"))
        yield Posting(
            account,
            sign * units(line.get("Amount")),
            str(entity.get("Type", "")) if concerned else "",
            value_of(entity.get("EntityRef")) if concerned else "",
        )


def _inventory_adjustment(document: Document, lookup: Lookup) -> Iterator[Posting]:
    against = value_of(document.get("AdjustAccountRef"))
    for line in document.get("Line", ()):
        detail = line.get("ItemAdjustmentLineDetail", {})
        item_id = value_of(detail.get("ItemRef"))
        item = lookup.get("Item", item_id) or {}
        yield from _moved(item_id, item, decimal(detail.get("QtyDiff")), against)


def _item(document: Document, lookup: Lookup) -> Iterator[Posting]:
    """The stock an item began with."""
    quantity = decimal(document.get("$opening", ZERO))
    if document.get("Type") == "Inventory" and quantity:
        yield from _moved(document["Id"], document, quantity, lookup.opening_equity)


_BOOKS: dict[str, _Book] = {
    "Bill": _bill,
    "BillPayment": _bill_payment,
    "CreditCardPayment": _card_payment,
    "CreditMemo": _credit_memo,
    "Deposit": _deposit,
    "InventoryAdjustment": _inventory_adjustment,
    "Invoice": _invoice,
    "Item": _item,
    "JournalEntry": _journal_entry,
    "Payment": _payment,
    "Purchase": _purchase,
    "RefundReceipt": _refund,
    "SalesReceipt": _receipt,
    "TaxPayment": _tax_payment,
    "Transfer": _transfer,
    "VendorCredit": _vendor_credit,
}
