"""What QuickBooks refuses, for a reason that the history knows; nothing of the world moves."""

from __future__ import annotations

from history.amounts import number
from history.draw import Body, Draw, ref, text
from history.moves.ends import DELETED
from history.moves.names import account_of
from history.operation import Actor, Operation

_UPDATED = ("Customer", "Vendor", "Item", "Invoice", "Bill", "JournalEntry", "Purchase", "Deposit")


def stale(draw: Draw) -> Operation | None:
    """An update with the SyncToken of before the last one."""
    thing = draw.pick([one for one in draw.world.of(*_UPDATED) if one.updates])
    if thing is None:
        return None
    changes = text({"PrivateNote" if thing.entity in DELETED else "Description": "Too late"})
    return Operation(Actor.CLIENT, "update", thing.entity, thing.name, changes, "5010", stale=True)


def missing(draw: Draw) -> Operation:
    """Something required is left out."""
    entity = draw.random.choice(("Invoice", "Bill", "Class", "Transfer", "CreditMemo"))
    return Operation(Actor.CLIENT, "create", entity, body="{}", expects="2020")


def nowhere(draw: Draw) -> Operation:
    """A reference leads to nothing."""
    body: Body = {"CustomerRef": {"value": "987654321"}, "TotalAmt": number(draw.cents())}
    return Operation(Actor.CLIENT, "create", "Payment", body=text(body), expects="2500")


def resting(draw: Draw) -> Operation | None:
    """A new document names a customer who is inactive."""
    customer = draw.pick([one for one in draw.world.of("Customer") if not one.active])
    if customer is None:
        return None
    body: Body = {"CustomerRef": ref(customer.name), "TotalAmt": number(draw.cents())}
    return Operation(Actor.CLIENT, "create", "Payment", body=text(body), expects="610")


def namesake(draw: Draw) -> Operation | None:
    """A vendor with the name of a customer."""
    customer = draw.active("Customer")
    if customer is None:
        return None
    body = text({"DisplayName": customer.body["DisplayName"]})
    return Operation(Actor.CLIENT, "create", "Vendor", body=body, expects="6240")


def gone(draw: Draw) -> Operation | None:
    """An update of what was deleted."""
    found = draw.pick([(entity, name) for entity, name in draw.world.gone if entity in DELETED])
    if found is None or found[0] in ("RecurringTransaction", "Attachable"):
        return None
    return Operation(Actor.CLIENT, "delete", found[0], found[1], expects="610")


def too_much(draw: Draw) -> Operation | None:
    """A payment settles more than is open."""
    world = draw.world
    invoice = draw.pick([one for one in world.of("Invoice") if world.things[one.party].active])
    if invoice is None:
        return None
    amount = number(world.open(invoice) + 1)
    line = {"Amount": amount, "LinkedTxn": [{"TxnId": f"@{invoice.name}", "TxnType": "Invoice"}]}
    body: Body = {"CustomerRef": ref(invoice.party), "TotalAmt": amount, "Line": [line]}
    return Operation(Actor.CLIENT, "create", "Payment", body=text(body), expects="6000")


def unbalanced(draw: Draw) -> Operation:
    """A journal entry with one side."""
    detail = {"PostingType": "Debit", "AccountRef": account_of(draw, "expense")}
    kind = "JournalEntryLineDetail"
    line = {"Amount": number(draw.cents()), "DetailType": kind, kind: detail}
    return Operation(Actor.CLIENT, "create", "JournalEntry", body=text({"Line": [line]}), expects="2300")


def before_stock(draw: Draw) -> Operation | None:
    """Stock is sold before it began."""
    item = draw.pick([one for one in draw.world.active("Item") if one.party == "Inventory"])
    customer = draw.active("Customer")
    if item is None or customer is None:
        return None
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": 10,
        "SalesItemLineDetail": {"ItemRef": ref(item.name), "Qty": 1},
    }
    body: Body = {"CustomerRef": ref(customer.name), "TxnDate": "@day-40", "Line": [line]}
    return Operation(Actor.CLIENT, "create", "Invoice", body=text(body), expects="6270")
