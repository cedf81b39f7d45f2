"""The list behind RETURNING, item by item, as its words tell what each needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quickbooks_proxy.lexer import Token, quoted, tokens

# What may follow the name of a table and is no name of its own.
_BEHIND_A_TABLE = frozenset({
    "CROSS", "EXCEPT", "FETCH", "FOR", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN", "LEFT", "LIMIT",
    "NATURAL", "OFFSET", "ON", "ORDER", "RIGHT", "TABLESAMPLE", "UNION", "USING", "WHERE", "WINDOW",
})  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name in an item, `*` for all, with what stands before its last point. `is_source`: behind FROM of a query.

    `span`: where it stands in the item, with ONLY before it; `is_labelled`: it has another name there.
    """

    qualifier: str
    name: str
    is_call: bool = False
    is_source: bool = False
    span: tuple[int, int] = field(default=(0, 0), compare=False)
    is_labelled: bool = field(default=False, compare=False)

    @property
    def is_value(self) -> bool:
        """Whether it may be a column or a row."""
        return not (self.is_call or self.is_source)


@dataclass(frozen=True)
class Item:
    """One item. `column`: it is nothing but that; `all_of`: it is `*` (empty) or `x.*`; `parameter`: its highest."""

    text: str
    names: tuple[Name, ...]
    column: Name | None = None
    all_of: str | None = None
    has_query: bool = False
    parameter: int = 0

    def with_tables(self, tables: Mapping[Name, str]) -> str:
        """Its text, with something else in the place of tables that queries in it read."""
        text = self.text
        for name in sorted(self.names, key=lambda one: one.span, reverse=True):
            if name.is_source and name in tables:
                label = "" if name.is_labelled else f" AS {quoted(name.name)}"
                text = text[: name.span[0]] + tables[name] + label + text[name.span[1] :]
        return text


def items_of(text: str) -> list[Item]:
    """The items of a list."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if token.text == "," and not depth:
            found.append([])
        else:
            found[-1].append(token)
    return [_item(text, item) for item in found if item]


def _item(text: str, item: Sequence[Token]) -> Item:
    names = tuple(_names(_without_label(item)))
    return Item(
        text[item[0].start : item[-1].end],
        names,
        names[0] if _is_column(item) else None,
        _all_of(item, names),
        any(token.word in ("SELECT", "VALUES", "TABLE") for token in item),
        max((int(token.text[1:]) for token in item if token.kind == "param"), default=0),
    )


def _all_of(item: Sequence[Token], names: Sequence[Name]) -> str | None:
    if item[-1].text != "*" or not all(token.name or token.text == "." for token in item[:-1]):
        return None
    return names[0].qualifier if names else ""


def _without_label(item: Sequence[Token]) -> Sequence[Token]:
    """A name behind what no name can follow is none of the expression's."""
    if len(item) < 2 or not item[-1].name:
        return item
    before = item[-2]
    if before.word == "AS":
        return item[:-2]
    ends = (
        before.text in (")", "]")
        or before.word == "END"
        or before.kind in ("string", "number", "param", "quoted")
    )
    return item[:-1] if ends else item


def _is_column(item: Sequence[Token]) -> bool:
    """A name, qualified or not, with a label or without."""
    place = 0
    while place < len(item) and item[place].name:
        place += 1
        if place < len(item) and item[place].text == ".":
            place += 1
            continue
        break
    if not place or item[place - 1].text == ".":
        return False
    label = item[place:]
    if label and label[0].word == "AS":
        label = label[1:]
    return place == len(item) or (len(label) == 1 and bool(label[0].name))


def _sources(item: Sequence[Token]) -> Iterator[int]:
    """Where the names of tables begin that queries in it read; the first of each FROM, and those behind JOIN."""
    groups = [""]
    for place, token in enumerate(item):
        if token.text == "(":
            groups.append(item[place + 1].word if place + 1 < len(item) else "")
        elif token.text == ")" and len(groups) > 1:
            groups.pop()
        is_from = (
            token.word == "FROM" and groups[-1] in ("SELECT", "WITH") and item[place - 1].word != "DISTINCT"
        )
        if is_from or token.word == "JOIN":
            is_only = place + 1 < len(item) and item[place + 1].word == "ONLY"
            yield place + 1 + is_only


def _names(item: Sequence[Token]) -> Iterator[Name]:
    sources = {*_sources(item)}
    place = 0
    while place < len(item):
        begin = place
        path: list[str] = []
        while place < len(item) and (item[place].name or (path and item[place].text == "*")):
            path.append(item[place].name or "*")
            place += 1
            if path[-1] == "*" or place == len(item) or item[place].text != ".":
                break
            place += 1
        if path:
            follows = item[place] if place < len(item) else None
            is_only = begin in sources and item[begin - 1].word == "ONLY"
            span = (item[begin - is_only].start - item[0].start, item[place - 1].end - item[0].start)
            is_labelled = follows is not None and bool(follows.name) and follows.word not in _BEHIND_A_TABLE
            is_call = follows is not None and follows.text == "("
            qualifier = path[-2] if len(path) > 1 else ""
            yield Name(qualifier, path[-1], is_call, begin in sources, span, is_labelled)
        else:
            place += 1
