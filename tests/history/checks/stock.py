"""Stock: what is on hand is what began, came and went; what it is worth is what was posted for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from history.checks.reading import amount, differs, lines, to
from history.company import Company, Document

# What comes in with a plus, goes out with a minus.
_SOLD = {"Invoice": -1, "SalesReceipt": -1, "CreditMemo": 1, "RefundReceipt": 1}
_BOUGHT = {"Bill": 1, "Purchase": 1, "VendorCredit": -1}


def quantities(company: Company) -> Iterator[str]:
    """QtyOnHand is the quantity at the start and every movement since."""
    hand: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in company.postings:
        if posting.entity == "Item":
            hand[posting.item] += posting.quantity
    for entity, document in company.of(*_SOLD, *_BOUGHT):
        for id, quantity in _moved(company, entity, document):
            hand[id] += quantity
    posted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in company.postings:
        posted[posting.item] += posting.quantity
    for _, item in company.of("Item"):
        if item.get("Type") == "Inventory":
            name = f"Item {item['Id']}"
            yield from differs(f"{name}.QtyOnHand", amount(item, "QtyOnHand"), hand[item["Id"]])
            yield from differs(f"the posted quantity of {name}", posted[item["Id"]], hand[item["Id"]])


def _moved(company: Company, entity: str, document: Document) -> Iterator[tuple[str, Decimal]]:
    sign = {**_SOLD, **_BOUGHT}[entity]
    if entity == "Purchase" and document.get("Credit") is True:
        sign = -sign
    for _, detail in lines(document, "SalesItemLineDetail", "ItemBasedExpenseLineDetail"):
        item = company.get("Item", to(detail, "ItemRef")) or {}
        if item.get("Type") == "Inventory" and document["TxnDate"] >= item["InvStartDate"]:
            yield item["Id"], sign * Decimal(detail.get("Qty", 1))


def values(company: Company) -> Iterator[str]:
    """Every piece that moves is posted on a stock account, and only pieces are."""
    for posting in company.postings:
        account = company.get("Account", posting.account) or {}
        if posting.quantity and account.get("AccountSubType") != "Inventory":
            yield f"{posting.entity} {posting.id} moves stock on account {posting.account}"
        if posting.item and not posting.quantity:
            yield f"{posting.entity} {posting.id} posts {posting.amount} of item {posting.item} without a quantity"
