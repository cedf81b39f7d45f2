"""What exists in a history, as far as the next operation depends on it: who names whom, what is still open.

A model of its own, in whole cents, moved only by the operations drawn; it never asks a company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

# What carries an open amount, and who settles it with which sign.
SETTLED = {"Invoice": 1, "CreditMemo": -1, "Bill": 1, "VendorCredit": -1}
SETTLING = ("Payment", "BillPayment")


@dataclass
class Thing:
    """One object of the history."""

    name: str
    entity: str
    body: dict[str, Any]
    total: int = 0
    party: str = ""
    parent: str = ""
    active: bool = True
    voided: bool = False
    updates: int = 0
    sold: Any = None
    links: dict[str, int] = field(default_factory=dict)  # what it settles, in cents; 0 where it comes from
    extra: dict[str, int] = field(default_factory=dict)  # balances of names that journal lines move
    number: int = 0  # in the order in which all came
    _read: tuple[Any, frozenset[str]] = field(default=(None, frozenset()), repr=False, compare=False)

    @property
    def named(self) -> frozenset[str]:
        """What its body names."""
        if self._read[0] is not self.body:  # which is replaced, never changed
            names = frozenset(word[1:] for word in words(self.body) if word.startswith("@"))
            self._read = (self.body, names)
        return self._read[1]


@dataclass
class World:
    """Everything that exists, in the order in which it came."""

    things: dict[str, Thing] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    gone: list[tuple[str, str]] = field(default_factory=list)  # (entity, name) of what was deleted
    _of: dict[str, dict[str, Thing]] = field(default_factory=dict)
    _linking: dict[str, dict[str, Thing]] = field(default_factory=dict)  # what has ever linked a document
    _came: int = 0

    def add(self, thing: Thing) -> None:
        """Something new."""
        self._came += 1
        thing.number = self._came
        self.things[thing.name] = thing
        self._of.setdefault(thing.entity, {})[thing.name] = thing
        self.link(thing, thing.links)

    def link(self, thing: Thing, links: dict[str, int]) -> None:
        """What a thing links from now on."""
        thing.links = links
        for name in links:
            self._linking.setdefault(name, {})[thing.name] = thing

    def _take(self, name: str) -> None:
        entity = self.things.pop(name).entity
        del self._of[entity][name]
        self.gone.append((entity, name))

    def new_name(self, entity: str) -> str:
        """The next name of an object."""
        self.counts[entity] = self.counts.get(entity, 0) + 1
        return f"{entity}#{self.counts[entity]}"

    def of(self, *entities: str) -> list[Thing]:
        """What there is of some objects."""
        found = [thing for entity in entities for thing in self._of.get(entity, {}).values()]
        return sorted(found, key=_BY_AGE) if len(entities) > 1 else found

    def active(self, *entities: str) -> list[Thing]:
        """Of those, what may be named by others."""
        return [thing for thing in self.of(*entities) if thing.active]

    def linking(self, name: str) -> list[Thing]:
        """What links a document, the oldest first."""
        ever = self._linking.get(name, {}).values()
        return sorted((one for one in ever if name in one.links and one.name in self.things), key=_BY_AGE)

    def settled(self, name: str) -> int:
        """By how much a document is settled."""
        return sum(thing.links[name] for thing in self.linking(name) if thing.entity in SETTLING)

    def open(self, thing: Thing) -> int:
        """What is left of a document."""
        return thing.total - self.settled(thing.name)

    def applied(self, thing: Thing) -> int:
        """How much of its money a payment has used."""
        return sum(SETTLED[self.things[name].entity] * amount for name, amount in thing.links.items())

    def deposited(self, thing: Thing) -> bool:
        """Whether it stands in a deposit."""
        return any(other.entity == "Deposit" for other in self.linking(thing.name))

    def children(self, name: str) -> list[Thing]:
        """What stands right below."""
        return [thing for thing in self.of(self.things[name].entity) if thing.parent == name]

    def root(self, name: str) -> str:
        """The top of the family."""
        parent = self.things[name].parent
        return self.root(parent) if parent else name

    def balance(self, name: str) -> int:
        """What a customer owes, or a vendor is owed: open documents and journal lines."""
        owed = sum(
            SETTLED[thing.entity] * self.open(thing) for thing in self.of(*SETTLED) if thing.party == name
        )
        unused = sum(thing.total - self.applied(thing) for thing in self.of(*SETTLING) if thing.party == name)
        return owed - unused + sum(thing.extra.get(name, 0) for thing in self.of("JournalEntry"))

    def near(self, name: str) -> frozenset[str]:
        """A thing, what it names, and what names it."""
        if name not in self.things:
            return frozenset()
        naming = {thing.name for thing in self.things.values() if name in thing.named}
        return frozenset({name} | naming | (self.things[name].named & self.things.keys()))

    def names_inactive(self, body: Any) -> bool:
        """Whether a body names something inactive."""
        return any(
            word[1:] in self.things and not self.things[word[1:]].active
            for word in words(body)
            if word.startswith("@")
        )

    def remove(self, name: str) -> None:
        """A document goes, and with it the links that lead to it."""
        self._take(name)
        for other in self.linking(name):
            if other.links.pop(name, None) is not None and other.entity in SETTLING:
                self.level(other)

    def shrink(self, thing: Thing) -> None:
        """A document that is now smaller than what settles it gives back, to the newest payment first."""
        for other in reversed(self.linking(thing.name)):
            if other.entity in SETTLING:
                too_much = max(0, -self.open(thing))
                other.links[thing.name] = max(0, other.links[thing.name] - too_much)
                self.level(other)

    def level(self, payment: Thing) -> None:
        """No more is settled than there is money and credit for, and no more credit used than settles something."""
        self._lower(payment, 1, self.applied(payment) - payment.total)
        self._lower(payment, -1, -self.applied(payment))
        payment.links = {name: amount for name, amount in payment.links.items() if amount}

    def _lower(self, payment: Thing, sign: int, excess: int) -> None:
        """The last of its links first."""
        for name in reversed(payment.links):
            if SETTLED[self.things[name].entity] == sign and excess > 0:
                taken = min(excess, payment.links[name])
                payment.links[name] -= taken
                excess -= taken

    def rename(self, loser: str, winner: str) -> None:
        """After a merge, everything that named one names the other."""
        self._take(loser)
        for thing in self.things.values():
            if loser in thing.named:
                thing.body = replaced(thing.body, f"@{loser}", f"@{winner}")
            thing.party = winner if thing.party == loser else thing.party
            if loser in thing.extra:
                thing.extra[winner] = thing.extra.get(winner, 0) + thing.extra.pop(loser)


_BY_AGE = attrgetter("number")


def words(value: Any) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)


def mapped(value: Any, change: Callable[[str], Any]) -> Any:
    """The value with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(inner, change) for key, inner in value.items()}
    return [mapped(inner, change) for inner in value] if isinstance(value, list) else value


def replaced(value: Any, old: str, new: str) -> Any:
    """The value with one text in the place of another."""
    return mapped(value, lambda text: new if text == old else text)
