"""Sales forms: estimates, invoices, receipts, credit memos, refunds, and what changes their lines."""

from __future__ import annotations

from history.amounts import Sold, Terms, number, total
from history.draw import Body, Draw, ref
from history.moves.names import account_of
from history.operation import Operation
from history.world import Thing

FORMS = ("Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt")
_CODES = {True: "TAX", False: "NON"}


def form(draw: Draw, entity: str) -> Operation | None:
    """A form of one to four lines, some with discount, some with tax."""
    customer, items = draw.active("Customer"), draw.world.active("Item")
    if customer is None or not items:
        return None
    taxed = draw.chance(40)
    terms = Terms(draw.random.choice((0, 0, 0, 5, 10)), taxed, taxed and draw.chance(50))
    sold = _drawn(draw, items)
    body: Body = {"CustomerRef": ref(customer.name), **draw.day(), **_of_form(draw, entity)}
    body |= {"Line": lines(sold, terms)}
    if terms.taxed:
        body["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": "@TaxCode=California"}}
    if terms.tax_after_discount:
        body["ApplyTaxAfterDiscount"] = True
    facts = {"total": total(sold, terms), "party": customer.name, "sold": terms}
    return draw.create(entity, body, **facts)


def _of_form(draw: Draw, entity: str) -> Body:
    """What only some forms have."""
    term, department = draw.active("Term"), draw.active("Department")
    found: Body = {}
    if entity == "RefundReceipt" or (entity == "SalesReceipt" and draw.chance(30)):
        found["DepositToAccountRef"] = account_of(draw, "bank")
    if entity == "Invoice" and term and draw.chance(30):
        found["SalesTermRef"] = ref(term.name)
    if department and draw.chance(20):
        found["DepartmentRef"] = ref(department.name)
    return found


def _drawn(draw: Draw, items: list[Thing]) -> tuple[Sold, ...]:
    return tuple(
        Sold(one.name, draw.random.randint(1, 12), draw.cents(1, 20_000), draw.chance(50))
        for one in draw.some(items, 4)
    )


def lines(sold: tuple[Sold, ...], terms: Terms) -> list[Body]:
    """As the API takes them."""
    found: list[Body] = [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": number(line.amount),
            "SalesItemLineDetail": {
                "ItemRef": ref(line.item),
                "Qty": line.halves / 2,
                "UnitPrice": number(line.price),
                "TaxCodeRef": {"value": _CODES[line.taxable]},
            },
        }
        for line in sold
    ]
    if terms.discount:
        detail = {"PercentBased": True, "DiscountPercent": terms.discount}
        found.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
    return found


def accepted_estimate(draw: Draw) -> Operation | None:
    """An invoice that comes from an estimate."""
    world = draw.world
    fit = [one for one in world.of("Estimate") if one.total and not world.linking(one.name)]
    estimate = draw.pick([one for one in fit if not world.names_inactive(one.body)])
    if estimate is None:
        return None
    kept = ("CustomerRef", "Line", "TxnTaxDetail", "ApplyTaxAfterDiscount")
    body: Body = {key: estimate.body[key] for key in kept if key in estimate.body}
    body["LinkedTxn"] = [{"TxnId": f"@{estimate.name}", "TxnType": "Estimate"}]
    facts = {"total": estimate.total, "party": estimate.party, "sold": estimate.sold}
    return draw.create("Invoice", body, links={estimate.name: 0}, **facts)


def relined(draw: Draw) -> Operation | None:
    """A form gets other lines: more to pay or less, even less than was paid."""
    thing = draw.pick([one for one in draw.world.of(*FORMS) if not one.voided])
    items = draw.world.active("Item")
    if thing is None or not items:
        return None
    sold = _drawn(draw, items)
    operation = draw.change(thing, {"Line": lines(sold, thing.sold)})
    if not operation.expects:
        thing.total = total(sold, thing.sold)
        draw.world.shrink(thing)
    return operation
