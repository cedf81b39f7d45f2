"""Transactions end: deleted or voided by a client or a person, merged names; and remarks that change nothing else."""

from __future__ import annotations

from history.draw import Draw
from history.operation import Actor, Operation
from history.world import Thing

DELETED = (
    "Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "Bill", "VendorCredit", "Purchase",
    "PurchaseOrder", "Payment", "BillPayment", "Deposit", "Transfer", "JournalEntry", "CreditCardPayment",
    "TimeActivity", "RecurringTransaction", "Attachable",
)  # fmt: skip
_VOIDED = ("Invoice", "Payment", "SalesReceipt", "BillPayment")
# Intuit's pages: unlink first.
_KEPT_WHILE_LINKED = ("Invoice", "Bill", "PurchaseOrder", "RefundReceipt")
_MERGED = ("Customer", "Vendor", "Class", "Department", "PaymentMethod")
_REMARKED = ("Invoice", "Bill", "CreditMemo", "Purchase", "JournalEntry", "Deposit", "Transfer", "Estimate")


def deleted(draw: Draw) -> Operation | None:
    """By a client: refused for what is deposited, or settled by others."""
    thing = draw.pick(draw.world.of(*DELETED))
    if thing is None:
        return None
    expects = ""
    if draw.world.deposited(thing):
        expects = "6540"
    elif thing.entity in _KEPT_WHILE_LINKED and draw.world.linking(thing.name):
        expects = "800"
    else:
        draw.world.remove(thing.name)
    return Operation(Actor.CLIENT, "delete", thing.entity, thing.name, expects=expects)


def thrown_away(draw: Draw) -> Operation | None:
    """By a person, even if others settle it: their money is free again."""
    settled = ("Invoice", "Bill", "CreditMemo", "VendorCredit", "PurchaseOrder", "Payment", "SalesReceipt")
    thing = draw.pick([one for one in draw.world.of(*settled) if draw.world.linking(one.name)])
    if thing is None:
        return None
    expects = "6540" if draw.world.deposited(thing) else ""
    if not expects:
        draw.world.remove(thing.name)
    return Operation(Actor.PERSON, "delete", thing.entity, thing.name, expects=expects)


def voided(draw: Draw) -> Operation | None:
    """By a client or a person: nothing is owed, and what was paid is free again."""
    thing = draw.pick([one for one in draw.world.of(*_VOIDED) if not one.voided])
    if thing is None:
        return None
    actor = Actor.CLIENT if draw.chance(60) else Actor.PERSON
    expects = "6540" if draw.world.deposited(thing) else ""
    if not expects:
        _void(draw, thing)
    return Operation(actor, "void", thing.entity, thing.name, expects=expects)


def _void(draw: Draw, thing: Thing) -> None:
    thing.voided, thing.total = True, 0
    thing.updates += 1
    if thing.entity in ("Payment", "BillPayment"):
        thing.links = {}
    draw.world.shrink(thing)


def merged(draw: Draw) -> Operation | None:
    """Two names become one, as only a person can: of one level, and nothing below the one that goes."""
    world = draw.world
    loser = draw.pick([one for one in world.active(*_MERGED) if not world.children(one.name)])
    if loser is None:
        return None
    same = [one for one in world.active(loser.entity) if one.parent == loser.parent and one is not loser]
    winner = draw.pick(same)
    if winner is None:
        return None
    world.rename(loser.name, winner.name)
    return Operation(Actor.PERSON, "merge", loser.entity, loser.name, f'{{"into": "@{winner.name}"}}')


def remarked(draw: Draw) -> Operation | None:
    """Words for ourselves, which move no money."""
    thing = draw.pick(draw.world.of(*_REMARKED))
    return draw.change(thing, {"PrivateNote": f"Remark {draw.random.randrange(1000)}"}) if thing else None
