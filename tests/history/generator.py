"""A history from a seed: which move comes next, and how often time stands still in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from history.draw import Draw
from history.moves import ends, mistakes, money, names, purchases, sales
from history.operation import Actor, Operation
from history.world import World

_Move = Callable[[Draw], Operation | None]

# A company begins with what everything else needs.
_BEGINNING: tuple[_Move, ...] = (
    *(partial(names.account, kind=kind) for kind in ("bank", "bank", "card", "income", "income", "cost")),
    *(partial(names.account, kind=kind) for kind in ("expense", "stock", "loan")),
    *(partial(names.item, kind=kind) for kind in ("Service", "NonInventory", "Inventory")),
    names.customer,
    names.customer,
    names.vendor,
    names.employee,
)

# How often each move is drawn, of the sum of all.
WEIGHTS: dict[_Move, int] = {
    names.customer: 5,
    names.vendor: 3,
    names.employee: 1,
    names.item: 3,
    names.account: 2,
    **{
        partial(names.small, entity=entity): 1
        for entity in ("Class", "Department", "Term", "PaymentMethod", "TaxAgency", "Attachable")
    },
    names.renamed: 4,
    names.repriced: 3,
    names.moved: 1,
    names.rests: 4,
    names.returns: 3,
    partial(sales.form, entity="Invoice"): 12,
    partial(sales.form, entity="Estimate"): 3,
    partial(sales.form, entity="SalesReceipt"): 3,
    partial(sales.form, entity="CreditMemo"): 4,
    partial(sales.form, entity="RefundReceipt"): 2,
    sales.accepted_estimate: 2,
    sales.relined: 8,
    partial(purchases.document, entity="Bill"): 6,
    partial(purchases.document, entity="VendorCredit"): 3,
    partial(purchases.document, entity="PurchaseOrder"): 2,
    purchases.purchase: 4,
    purchases.delivered: 1,
    purchases.relined: 4,
    money.payment: 12,
    money.bill_payment: 6,
    money.repaid: 2,
    money.deposit: 4,
    money.transfer: 2,
    money.card_payment: 1,
    money.journal_entry: 4,
    money.time_activity: 2,
    money.template: 1,
    ends.deleted: 7,
    ends.thrown_away: 2,
    ends.voided: 4,
    ends.merged: 2,
    ends.remarked: 4,
    mistakes.stale: 2,
    mistakes.missing: 1,
    mistakes.nowhere: 1,
    mistakes.resting: 1,
    mistakes.namesake: 1,
    mistakes.gone: 1,
    mistakes.too_much: 1,
    mistakes.unbalanced: 1,
    mistakes.before_stock: 1,
}
_SAME_SECOND = 50  # percent of changes that come in the second of the one before


class History:
    """An endless row of operations, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._draw = Draw(Random(seed), World())

    def __iter__(self) -> Iterator[Operation]:
        for move in _BEGINNING:
            yield from self._moved(move)
        moves, weights = list(WEIGHTS), list(WEIGHTS.values())
        while True:
            yield from self._moved(self._draw.random.choices(moves, weights)[0])

    def _moved(self, move: _Move) -> Iterator[Operation]:
        operation = move(self._draw)
        if operation is None:
            return
        if not self._draw.chance(_SAME_SECOND):
            yield Operation(Actor.CLOCK, str(self._draw.random.randint(1, 9)))
        yield operation


def operations(seed: int, count: int) -> list[Operation]:
    """The beginning of a history: so many operations, besides the time that goes by between them."""
    found: list[Operation] = []
    changes = 0
    for operation in History(seed):
        if changes == count:
            break
        found.append(operation)
        changes += operation.actor is not Actor.CLOCK
    return found
