"""Where each column behind RETURNING comes from, judged by the words of the list. Pure.

A column of the target is shown as QuickBooks has answered it, what is worked out from such columns is worked out again,
and everything else is shown as the statement has found it, unless something is in it that QuickBooks has yet to give.
Words are those of the client, each character a byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Access
from quickbooks_core.mapping import EXTRA
from quickbooks_core.postgres.statements import READ_AT

from quickbooks_proxy.columns import Column
from quickbooks_proxy.lists import Item, Name, items_of
from quickbooks_proxy.relations import Relation
from quickbooks_proxy.statement import Statement


class Source(Enum):
    """Where a column of the result comes from."""

    ANSWER = "the answer"
    AGAIN = "worked out again from the answers"
    BEFORE = "worked out again from the answers, and from the table as it was before"
    STATEMENT = "the statement as it was tried out"


@dataclass(frozen=True)
class Listed:
    """One column of the result, and the words for it."""

    source: Source
    item: Item

    @property
    def is_again(self) -> bool:
        """Whether it is worked out once more."""
        return self.source in (Source.AGAIN, Source.BEFORE)


@dataclass(frozen=True)
class Target:
    """What a statement writes, by the name that it has in it. `written`: names of tables that change with it."""

    relation: Relation
    alias: str
    written: frozenset[str]

    @cached_property
    def shown(self) -> dict[str, str]:
        """Its columns, each with the column of the table that it shows."""
        return self.relation.shown

    def names(self, name: Name) -> bool:
        """Whether a name can mean a column of it; `new` is what a row becomes, since Postgres 18."""
        return name.qualifier in ("", "new", self.alias)

    def is_lost(self, name: Name) -> bool:
        """Whether it means something that no answer has: a column of a view that is worked out."""
        if name.name in ("*", self.alias):
            return not all(self.shown.values())
        return self.shown.get(name.name) == ""

    def new(self, name: str) -> str:
        """Of which column of the table one is that has come since the catalogs were read: '' where nobody knows."""
        return "" if self.relation.is_view else name

    def given(self, *, has_new: bool) -> frozenset[str]:
        """The columns of which QuickBooks decides, or may decide."""
        fields = by_table(self.relation.table).columns
        return frozenset(
            name for name, of in self.shown.items()
            if of in ("", READ_AT, EXTRA)
            or (of in fields and fields[of].access is Access.READ and (of != "id" or has_new))
        )  # fmt: skip


def listed(statement: Statement, target: Target, columns: Sequence[Column]) -> list[Listed] | None:
    """One for each column of the result; None where the list says too little."""
    items = items_of(statement.returning)
    if (
        statement.returning[:4].upper() == "WITH"
        or [item.all_of == target.alias for item in items].count(True) > 1
    ):
        return None
    if [item.all_of not in (None, target.alias) for item in items].count(True) > 1:
        return None
    found: list[Listed] = []
    for place, item in enumerate(items):
        if item.all_of is None:
            found.append(Listed(_source(item, target, columns[min(len(found), len(columns) - 1)]), item))
            continue
        # What `*` brings begins with the target's own columns.
        mine = _run(columns[len(found) :], target) if item.all_of in ("", target.alias) else []
        size = len(mine)
        if item.all_of != target.alias:
            later = [len(target.shown) if other.all_of == target.alias else 1 for other in items[place + 1 :]]
            size = len(columns) - len(found) - sum(later)
        found += [*mine[:size], *[Listed(Source.STATEMENT, item)] * (size - len(mine))]
    return found if len(found) == len(columns) else None


def _run(columns: Sequence[Column], target: Target) -> list[Listed]:
    """The target's columns from here on. One that has come since the catalogs were read is the user's own."""
    found: list[Listed] = []
    last = 0
    for column in columns:
        if column.table != target.relation.oid or column.number <= last:
            break
        last = column.number
        own = column.name.decode("latin-1")
        name, of = target.relation.columns.get(column.number, (own, target.new(own)))
        found.append(Listed(Source.ANSWER if of else Source.STATEMENT, _column(name)))
    return found


def _source(item: Item, target: Target, column: Column) -> Source:
    if item.column is not None:
        known, _ = target.relation.columns.get(column.number, (target.new(item.column.name), ""))
        is_own = column.table == target.relation.oid and known == item.column.name
        is_own = is_own and item.column.qualifier in ("", target.alias) and not target.is_lost(item.column)
        return Source.ANSWER if is_own else Source.STATEMENT
    names = [name for name in item.names if not name.is_call]
    values = [name for name in names if name.is_value]
    is_foreign = any(target.is_lost(name) or name.qualifier not in ("", target.alias) for name in values)
    if is_foreign and not item.has_query:
        return Source.STATEMENT
    # A query would now see what the statement itself has written.
    is_blind = item.has_query and any(name.name in target.written for name in names)
    return Source.STATEMENT if is_blind else Source.AGAIN


def depends(one: Listed, target: Target, given: frozenset[str], *, is_several: bool) -> bool:
    """Whether something that QuickBooks has yet to give may be in it; `is_several`: other parts write too."""
    names = [name for name in one.item.names if name.is_value]
    if is_several and any(name.name in given for name in names):
        return True
    if any(not name.qualifier and name.name == target.alias for name in names):
        return True  # the whole row
    return any(target.names(name) and (name.name in given or name.name == "*") for name in names)


def looks_back(item: Item, target: Target) -> frozenset[Name]:
    """The names by which queries in it read the target, where they read nothing else that is written."""
    path = {("", target.relation.name), (target.relation.schema, target.relation.name)}
    names = [name for name in item.names if not name.is_call and name.name in target.written]
    is_target = all(name.is_source and (name.qualifier, name.name) in path for name in names)
    is_whole = "id" in target.shown.values() and all(target.shown.values())
    return frozenset(names) if is_target and is_whole else frozenset()


def kept(found: Sequence[Listed]) -> list[Listed]:
    """Where nothing can be worked out again."""
    return [replace(one, source=Source.STATEMENT) if one.is_again else one for one in found]


def _column(name: str) -> Item:
    return Item(name, (Name("", name),), Name("", name))
