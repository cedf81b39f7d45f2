"""The dice of a history and the forms of its operations; what an operation does to the world is done as it is drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from history.operation import Actor, Operation
from history.world import Thing, World

Body = dict[str, Any]
_T = TypeVar("_T")
# What even a sparse update has to repeat.
_REPEATED = {"Bill": ("VendorRef",), "Purchase": ("PaymentType",)}


@dataclass
class Draw:
    """A seed's dice over a world. `near`: names that are taken first; `subject`: of these is the very first."""

    random: Random
    world: World
    near: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.random.randrange(100) < percent

    def pick(self, choices: Sequence[_T]) -> _T | None:
        """One of them, if there are any."""
        fit = self._nearest(choices)
        return self.random.choice(fit) if fit else None

    def some(self, choices: Sequence[_T], most: int) -> list[_T]:
        """A few of them, in a random order."""
        fit = self._nearest(choices)
        return self.random.sample(fit, min(len(fit), self.random.randint(1, most)))

    def _nearest(self, choices: Sequence[_T]) -> Sequence[_T]:
        wanted, self.subject = self.subject, frozenset()
        if wanted:
            return [one for one in choices if isinstance(one, Thing) and one.name in wanted]
        return [one for one in choices if isinstance(one, Thing) and one.name in self.near] or choices

    def active(self, entity: str) -> Thing | None:
        """Something that others may name."""
        return self.pick(self.world.active(entity))

    def cents(self, least: int = 100, most: int = 50_000) -> int:
        """An amount of money."""
        return self.random.randint(least, most)

    def part(self, whole: int) -> int:
        """All of an amount, or some of it."""
        return whole if whole == 1 or self.chance(50) else self.random.randint(1, whole - 1)

    def day(self) -> Body:
        """The day of a transaction: mostly today, which nobody has to say."""
        return {"TxnDate": f"@day-{self.random.randint(0, 20)}"} if self.chance(40) else {}

    def create(self, entity: str, body: Body, **facts: Any) -> Operation:
        """Something new."""
        thing = Thing(self.world.new_name(entity), entity, body, **facts)
        self.world.add(thing)
        return Operation(Actor.CLIENT, "create", entity, thing.name, text(body))

    def change(self, thing: Thing, changes: Body, verb: str = "") -> Operation:
        """An update, sparse or of the whole; refused where something stands against any change."""
        verb = verb or ("update" if self.chance(60) else "replace")
        if verb == "update":
            changes = {key: thing.body[key] for key in _REPEATED.get(thing.entity, ())} | changes
        after = {**thing.body, **changes}
        expects = "6540" if self.world.deposited(thing) else "610" if self.world.names_inactive(after) else ""
        if not expects:
            thing.body = after
            thing.updates += 1
        return Operation(Actor.CLIENT, verb, thing.entity, thing.name, text(changes), expects)


def ref(name: str) -> Body:
    """A reference to something of the history."""
    return {"value": f"@{name}"}


def text(body: Body) -> str:
    """A body as an operation carries it."""
    return json.dumps(body) if body else ""
