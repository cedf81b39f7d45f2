"""The mirror's tables, and the views that show rows of one of them, as the database's catalogs know them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The end of each column in a view's rule: its number, and the table and the column of it that it shows, or zeros.
_SHOWN = re.compile(r".*:resno (\d+) .*:resorigtbl (\d+) :resorigcol (\d+)", re.DOTALL)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Relation:
    """A table or a view. `columns`: by number, each name and the column of the table that it shows ('' for none)."""

    oid: int
    schema: str
    name: str
    table: str
    columns: Mapping[int, tuple[str, str]]

    @property
    def is_view(self) -> bool:
        """Whether its columns may be called otherwise than the table's."""
        return any(name != of for name, of in self.columns.values())

    @property
    def shown(self) -> dict[str, str]:
        """The same by name."""
        return dict(self.columns.values())


@dataclass(frozen=True)
class Tables:
    """All of them, by number."""

    schema: str
    names: frozenset[str]
    by_oid: Mapping[int, Relation]

    def find(self, path: Sequence[str]) -> Relation | None:
        """What a name in a statement means; None where that is not certain."""
        found = [one for one in self.by_oid.values() if [one.schema, one.name][-len(path) :] == [*path]]
        ours = [one for one in found if (one.schema, one.name) == (self.schema, one.table)]
        return (ours or found)[0] if ours or len(found) == 1 else None


def relations(rows: Sequence[Mapping[str, Any]]) -> dict[int, Relation]:
    """From the catalogs' rows: `oid`, `schema`, `name`, `columns` (names by number) and the `rule` of a view."""
    found = {row["oid"]: _table(row) for row in rows if row["rule"] is None}
    before = 0
    while before < len(found):  # views may be over views
        before = len(found)
        views = [_view(row, found) for row in rows if row["oid"] not in found]
        found |= {view.oid: view for view in views if view}
    return found


def _table(row: Mapping[str, Any]) -> Relation:
    columns = {int(number): (name, name) for number, name in row["columns"].items()}
    return Relation(row["oid"], row["schema"], row["name"], row["name"], columns)


def _view(row: Mapping[str, Any], known: Mapping[int, Relation]) -> Relation | None:
    """None where it does not show rows of exactly one of those that are known."""
    shown = dict(_shown(row["rule"]))
    sources = {source for source, _ in shown.values() if source}
    if len(sources) != 1 or not sources <= known.keys():
        return None
    columns = {}
    for number, name in row["columns"].items():
        source, column = shown.get(int(number), (0, 0))
        columns[int(number)] = (name, known[source].columns[column][1] if source else "")
    return Relation(row["oid"], row["schema"], row["name"], known[sources.pop()].table, columns)


def _shown(rule: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """By number of each column, the table and column that it shows."""
    depth, begun = 0, 0
    for brace in _BRACE.finditer(rule):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if brace.group() == "{" and depth == 2:
            begun = brace.start()
        elif (
            brace.group() == "}"
            and depth == 1
            and rule.startswith("{TARGETENTRY", begun)
            and (found := _SHOWN.match(rule[begun : brace.start()]))
        ):
            number, table, column = map(int, found.groups())
            yield number, (table, column)
