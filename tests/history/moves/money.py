"""Money moves: payments over several documents and with credits, deposits, transfers, journal entries, cards."""

from __future__ import annotations

from typing import Any

from history.amounts import number
from history.draw import Body, Draw, ref
from history.moves.names import account_of
from history.operation import Operation
from history.world import Thing

_RECEIVABLE = {"value": "@Account=Accounts Receivable (A/R)"}
_PAYABLE = {"value": "@Account=Accounts Payable (A/P)"}


def payment(draw: Draw) -> Operation | None:
    """A customer pays: some invoices of the family in part or whole, with credits, perhaps more than is owed."""
    customer = draw.active("Customer")
    if customer is None:
        return None
    root = draw.world.root(customer.name)
    links, paid = _settled(draw, "Invoice", "CreditMemo", lambda one: draw.world.root(one.party) == root)
    paid += draw.cents() if draw.chance(20) else 0
    if not paid and not links:
        return None
    body: Body = {"CustomerRef": ref(customer.name), "TotalAmt": number(paid), **draw.day(), **_method(draw)}
    body["Line"] = _lines(links)
    if draw.chance(30):
        body["DepositToAccountRef"] = account_of(draw, "bank")
    return draw.create("Payment", body, total=paid, party=customer.name, links=links)


def bill_payment(draw: Draw) -> Operation | None:
    """A vendor is paid by check or card, with credits."""
    vendor = draw.active("Vendor")
    if vendor is None:
        return None
    links, paid = _settled(draw, "Bill", "VendorCredit", lambda one: one.party == vendor.name)
    if not any(name.startswith("Bill") for name in links):
        return None
    paid += draw.cents() if draw.chance(10) else 0
    body: Body = {
        "VendorRef": ref(vendor.name),
        "TotalAmt": number(paid),
        **draw.day(),
        "Line": _lines(links),
    }
    if draw.chance(50):
        body |= {"PayType": "Check", "CheckPayment": {"BankAccountRef": account_of(draw, "bank")}}
    else:
        body |= {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": account_of(draw, "card")}}
    return draw.create("BillPayment", body, total=paid, party=vendor.name, links=links)


def _settled(draw: Draw, owed: str, credit: str, fits: Any) -> tuple[dict[str, int], int]:
    """What is settled by how much, and the money it takes beside the credits."""
    world = draw.world
    links: dict[str, int] = {}
    for one in draw.some([it for it in world.of(owed) if world.open(it) > 0 and fits(it)], 3):
        links[one.name] = draw.part(world.open(one))
    left = sum(links.values())
    for one in draw.some([it for it in world.of(credit) if world.open(it) > 0 and fits(it)], 2):
        if left and draw.chance(50):
            links[one.name] = draw.part(min(left, world.open(one)))
            left -= links[one.name]
    return links, left


def _lines(links: dict[str, int]) -> list[Body]:
    return [
        {"Amount": number(amount), "LinkedTxn": [{"TxnId": f"@{name}", "TxnType": name.partition("#")[0]}]}
        for name, amount in links.items()
    ]


def _method(draw: Draw) -> Body:
    method = draw.active("PaymentMethod")
    return {"PaymentMethodRef": ref(method.name)} if method and draw.chance(40) else {}


def repaid(draw: Draw) -> Operation | None:
    """A payment is applied to something else, by another amount."""
    thing = draw.pick([one for one in draw.world.of("Payment") if not one.voided])
    if thing is None:
        return None
    before, thing.links = thing.links, {}
    root = draw.world.root(thing.party)
    links, paid = _settled(draw, "Invoice", "CreditMemo", lambda one: draw.world.root(one.party) == root)
    thing.links = before
    paid = max(paid, 1)
    operation = draw.change(thing, {"TotalAmt": number(paid), "Line": _lines(links)})
    if not operation.expects:
        draw.world.link(thing, links)
        thing.total = paid
    return operation


def deposit(draw: Draw) -> Operation | None:
    """What waits in undeposited funds goes to the bank, with other money, less some cash."""
    fit = [
        one
        for one in draw.world.of("Payment", "SalesReceipt")
        if "DepositToAccountRef" not in one.body and one.total > 0 and not draw.world.deposited(one)
    ]
    taken = draw.some(fit, 3)
    lines: list[Body] = [
        {
            "Amount": number(one.total),
            "LinkedTxn": [{"TxnId": f"@{one.name}", "TxnType": one.entity, "TxnLineId": "0"}],
        }
        for one in taken
    ]
    if not lines or draw.chance(40):
        lines.append(_other_money(draw))
    body: Body = {"DepositToAccountRef": account_of(draw, "bank"), **draw.day(), "Line": lines}
    if draw.chance(15) and sum(line["Amount"] for line in lines) > 1:
        body["CashBack"] = {"Amount": 0.5, "AccountRef": account_of(draw, "bank")}
    return draw.create("Deposit", body, links={one.name: 0 for one in taken})


def _other_money(draw: Draw) -> Body:
    detail: Body = {"AccountRef": account_of(draw, "income", "loan")}
    customer = draw.active("Customer")
    if customer and draw.chance(40):
        detail["Entity"] = {**ref(customer.name), "type": "CUSTOMER"}
    return {"Amount": number(draw.cents()), "DetailType": "DepositLineDetail", "DepositLineDetail": detail}


def transfer(draw: Draw) -> Operation:
    """From one bank account to another."""
    accounts = {"FromAccountRef": account_of(draw, "bank"), "ToAccountRef": account_of(draw, "bank")}
    return draw.create("Transfer", {**accounts, "Amount": number(draw.cents()), **draw.day()})


def card_payment(draw: Draw) -> Operation:
    """The card is paid from the bank."""
    accounts = {"CreditCardAccountRef": account_of(draw, "card"), "BankAccountRef": account_of(draw, "bank")}
    return draw.create("CreditCardPayment", {**accounts, "Amount": number(draw.cents()), **draw.day()})


def journal_entry(draw: Draw) -> Operation:
    """Two to four lines that balance; some concern a customer or a vendor."""
    extra: dict[str, int] = {}
    lines, debit = [], 0
    for _ in range(draw.random.randint(1, 3)):
        amount = draw.cents()
        lines.append(_journal_line(draw, "Debit", amount, extra))
        debit += amount
    lines.append(_journal_line(draw, "Credit", debit, extra))
    return draw.create("JournalEntry", {**draw.day(), "Line": lines}, extra=extra)


def _journal_line(draw: Draw, side: str, amount: int, extra: dict[str, int]) -> Body:
    detail: Body = {"PostingType": side, "AccountRef": account_of(draw, "expense", "loan", "bank")}
    concerned = draw.active(draw.random.choice(("Customer", "Vendor")))
    if concerned and draw.chance(25):
        is_customer = concerned.entity == "Customer"
        detail["AccountRef"] = _RECEIVABLE if is_customer else _PAYABLE
        detail["Entity"] = {"Type": concerned.entity, "EntityRef": ref(concerned.name)}
        sign = 1 if (side == "Debit") == is_customer else -1
        extra[concerned.name] = extra.get(concerned.name, 0) + sign * amount
    return {
        "Amount": number(amount),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def time_activity(draw: Draw) -> Operation | None:
    """Somebody worked, perhaps for a customer."""
    employee, customer = draw.active("Employee"), draw.active("Customer")
    if employee is None:
        return None
    body: Body = {"NameOf": "Employee", "EmployeeRef": ref(employee.name), "Hours": draw.random.randint(1, 8)}
    if customer and draw.chance(50):
        body["CustomerRef"] = ref(customer.name)
    return draw.create("TimeActivity", {**body, "Minutes": 30, "TxnDate": "@day-1"})


def template(draw: Draw) -> Operation | None:
    """An invoice that will come again."""
    customer, item = draw.active("Customer"), draw.active("Item")
    if customer is None or item is None:
        return None
    inner: Body = {
        "CustomerRef": ref(customer.name),
        "Line": [_template_line(item)],
        "RecurringInfo": {
            "Name": f"Template {draw.world.counts.get('RecurringTransaction', 0) + 1}",
            "RecurType": "Automated",
            "Active": True,
            "ScheduleInfo": {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1},
        },
    }
    return draw.create("RecurringTransaction", {"Invoice": inner})


def _template_line(item: Thing) -> Body:
    detail = {"ItemRef": ref(item.name), "Qty": 1, "UnitPrice": 10}
    return {"DetailType": "SalesItemLineDetail", "Amount": 10, "SalesItemLineDetail": detail}
