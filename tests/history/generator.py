"""A history from a seed: which move comes next, and how often time stands still in between.

A history may be crowded: then changes are followed, in the same second, by changes of the same row or a linked one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
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
_MOVES, _WEIGHTS = list(WEIGHTS), list(WEIGHTS.values())
# Moves that begin with what they are about, and do nothing where it does not fit.
_FOLLOWING: tuple[_Move, ...] = (
    names.renamed, names.repriced, names.moved, names.rests, sales.relined, sales.accepted_estimate,
    purchases.relined, purchases.delivered, money.payment, money.bill_payment, money.repaid, ends.deleted,
    ends.thrown_away, ends.voided, ends.merged, ends.remarked,
    *(move for move in WEIGHTS if isinstance(move, partial) and move.func in (sales.form, purchases.document)),
)  # fmt: skip


class History:
    """An endless row of operations, the same for the same seed.

    `crowded`: in percent, how many changes have another right behind them, in the same second and near them.
    """

    def __init__(self, seed: int, crowded: int = 0) -> None:
        self._draw = Draw(Random(seed), World())
        self._crowded = crowded

    def __iter__(self) -> Iterator[Operation]:
        for move in _BEGINNING:
            yield from self._moved(move)
        while True:
            yield from self._moved(self._draw.random.choices(_MOVES, _WEIGHTS)[0])

    def _moved(self, move: _Move) -> Iterator[Operation]:
        operation = move(self._draw)
        if operation is None:
            return
        if not self._draw.chance(_SAME_SECOND):
            yield Operation(Actor.CLOCK, str(self._draw.random.randint(1, 9)))
        yield operation
        if self._crowded and self._draw.chance(self._crowded):
            yield from self._followed(operation)

    def _followed(self, operation: Operation) -> Iterator[Operation]:
        """What comes right behind a change: of the same row, or of one that is linked to it."""
        near = self._draw.world.near(operation.name)
        for move in self._draw.random.sample(_FOLLOWING, len(_FOLLOWING)) if near else ():
            subject = frozenset({operation.name}) if self._draw.chance(60) else near
            following = move(replace(self._draw, near=near, subject=subject))
            if following:
                yield following
                return


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
