"""Orders, bills, vendor credits and purchases, and what changes their lines."""

from __future__ import annotations

from fractions import Fraction

from history.amounts import number, rounded
from history.draw import Body, Draw, ref
from history.moves.names import account_of
from history.operation import Operation
from history.world import Thing

SPENT = ("Bill", "VendorCredit", "Purchase", "PurchaseOrder")
_PAYABLE = {"value": "@Account=Accounts Payable (A/P)"}
_PAID = (("Check", "bank"), ("Cash", "bank"), ("CreditCard", "card"))


def document(draw: Draw, entity: str) -> Operation | None:
    """Something bought, ordered or given back."""
    vendor = draw.active("Vendor")
    if vendor is None:
        return None
    lines, spent = drawn(draw, draw.world.active("Item"))
    body: Body = {"VendorRef": ref(vendor.name), **draw.day(), "Line": lines}
    if entity == "PurchaseOrder":
        body["APAccountRef"] = _PAYABLE
    department = draw.active("Department")
    if department and entity == "Bill" and draw.chance(20):
        body["DepartmentRef"] = ref(department.name)
    return draw.create(entity, body, total=spent, party=vendor.name)


def purchase(draw: Draw) -> Operation | None:
    """Paid at once: cash, check or card, or money back on the card."""
    paid, kind = draw.random.choice(_PAID)
    lines, spent = drawn(draw, draw.world.active("Item"))
    body: Body = {"PaymentType": paid, "AccountRef": account_of(draw, kind), **draw.day(), "Line": lines}
    if paid == "CreditCard" and draw.chance(25):
        body["Credit"] = True
    vendor = draw.active("Vendor")
    if vendor and draw.chance(60):
        body["EntityRef"] = {**ref(vendor.name), "type": "Vendor"}
    return draw.create("Purchase", body, total=spent)


def drawn(draw: Draw, items: list[Thing]) -> tuple[list[Body], int]:
    """Lines on accounts and of items, and their sum."""
    lines: list[Body] = []
    spent = 0
    for _ in range(draw.random.randint(1, 3)):
        line, amount = _of_item(draw, items) if items and draw.chance(50) else _of_account(draw)
        lines.append(line)
        spent += amount
    return lines, spent


def _of_account(draw: Draw) -> tuple[Body, int]:
    amount = draw.cents()
    detail: Body = {"AccountRef": account_of(draw, "expense", "cost")}
    customer = draw.active("Customer")
    if customer and draw.chance(20):
        detail |= {"CustomerRef": ref(customer.name), "BillableStatus": "NotBillable"}
    kind = "AccountBasedExpenseLineDetail"
    return {"DetailType": kind, "Amount": number(amount), kind: detail}, amount


def _of_item(draw: Draw, items: list[Thing]) -> tuple[Body, int]:
    halves, price = draw.random.randint(1, 12), draw.cents(1, 20_000)
    amount = rounded(Fraction(halves * price, 2))
    item = draw.random.choice(items)
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": ref(item.name), "Qty": halves / 2, "UnitPrice": number(price)}
    return {"DetailType": kind, "Amount": number(amount), kind: detail}, amount


def delivered(draw: Draw) -> Operation | None:
    """A bill that comes from an order."""
    world = draw.world
    fit = [one for one in world.of("PurchaseOrder") if not world.linking(one.name)]
    order = draw.pick([one for one in fit if not world.names_inactive(one.body)])
    if order is None:
        return None
    body: Body = {key: order.body[key] for key in ("VendorRef", "Line")}
    body["LinkedTxn"] = [{"TxnId": f"@{order.name}", "TxnType": "PurchaseOrder"}]
    return draw.create("Bill", body, total=order.total, party=order.party, links={order.name: 0})


def relined(draw: Draw) -> Operation | None:
    """Other lines: more to pay or less, even less than was paid."""
    thing = draw.pick(draw.world.of(*SPENT))
    if thing is None:
        return None
    lines, spent = drawn(draw, draw.world.active("Item"))
    operation = draw.change(thing, {"Line": lines})
    if not operation.expects:
        thing.total = spent
        draw.world.shrink(thing)
    return operation
