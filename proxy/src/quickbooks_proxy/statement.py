"""What a statement may do to the mirror, judged by its words. Pure.

It may say too much, and then a bracket finds nothing; what it misses, the fence refuses. Nothing here decides what is
written: Postgres evaluates the statement itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from quickbooks_proxy.lexer import Token, Unclear, tokens

_VERBS = re.compile(rb"\b(?:insert|update|delete|merge|copy)\b", re.IGNORECASE)
_ESCAPED_NAME = re.compile(rb'u&"', re.IGNORECASE)
_STARTS = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COPY")
# Before UPDATE and DELETE where they are no statements: FOR NO KEY UPDATE, ON CONFLICT DO UPDATE, THEN DELETE.
_NO_VERB_BEFORE = ("FOR", "KEY", "DO", "ON", "THEN", "BEFORE", "AFTER", "OR")
_INTO = {"INSERT": "INTO", "MERGE": "INTO", "DELETE": "FROM", "UPDATE": ""}

# What may come behind a target that has no alias.
_BEHIND_TARGET = (
    "SET", "USING", "WHERE", "RETURNING", "VALUES", "SELECT", "DEFAULT", "FROM", "WITH", "OVERRIDING", "TABLE",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """An id that a statement asks for by name: a constant, or the number of a parameter."""

    text: str = ""
    parameter: int = 0


@dataclass(frozen=True)
class Statement:
    """One statement that may write the mirror."""

    verb: str
    targets: tuple[str, ...]
    others: tuple[str, ...] = ()  # tables it writes that are not ours
    wanted: tuple[Wanted, ...] = ()
    returning: str = ""  # the list, in the client's words
    alias: str = ""  # by which its list knows the rows
    main: tuple[str, ...] = ()  # the target that stands in no WITH, as it is named


@dataclass(frozen=True)
class Relations:
    """What is there to be written: tables and views of the mirror, by schema."""

    schema: str
    tables: frozenset[str]
    views: Mapping[tuple[str, str], str] = field(default_factory=dict)  # schema, view → table

    @property
    def needle(self) -> re.Pattern[bytes]:
        """Finds any of their names."""
        names = {*self.tables, *(view for _, view in self.views)}
        words = b"|".join(re.escape(name.encode()) for name in sorted(names))
        return re.compile(rb"\b(?:" + words + rb")\b", re.IGNORECASE)

    def ours(self, path: Sequence[str]) -> bool:
        """Whether a name may mean one of them."""
        name = path[-1]
        if len(path) == 1:
            return name in self.tables or any(view == name for _, view in self.views)
        return (path[-2], name) in self.views or (path[-2] == self.schema and name in self.tables)


class Judge:
    """Judges the statements of all sessions. The first look costs a microsecond."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        self._needle = relations.needle
        self._judged = lru_cache(maxsize=2000)(self._judge)

    def is_suspicious(self, text: bytes) -> bool:
        """Whether it has to be looked at more closely."""
        if not _VERBS.search(text):
            return False
        return bool(self._needle.search(text) or _ESCAPED_NAME.search(text))

    def statement(self, text: str) -> Statement | None:
        """What one statement may write; None where it certainly writes nothing of ours."""
        if not self.is_suspicious(text.encode("latin-1")):
            return None
        return self._judged(text)

    def _judge(self, text: str) -> Statement | None:
        try:
            found = list(tokens(text))
        except Unclear:
            return None  # Postgres says what is wrong with it
        words = [token for token in found if token.text != "("]
        if not words or words[0].word not in _STARTS:
            return None
        verb = words[0].word
        if verb == "COPY":
            return self._copy(found)
        # What stands in no WITH comes first.
        paths = sorted(_targets(found), key=lambda one: one.depth > 0)
        ours = tuple(one.path[-1] for one in paths if self._is_ours(one.path))
        if not ours:
            return None
        others = tuple(".".join(one.path) for one in paths if one.path[-1] not in ours)
        main = _Target() if paths[0].depth else paths[0]
        wanted = tuple(_wanted(found, main.alias))
        return Statement(
            _main_verb(found), ours, others, wanted, _returning(text, found), main.alias, main.path
        )

    def _is_ours(self, path: Sequence[str]) -> bool:
        return self.relations.ours(path) or path[-1].startswith('U&"')

    def _copy(self, found: list[Token]) -> Statement | None:
        path, place = _path(found, 1)
        words = [token.word for token in found[place:]]
        if not path or not self.relations.ours(path) or "FROM" not in words:
            return None
        return Statement("COPY", (path[-1],))


def _path(found: Sequence[Token], place: int) -> tuple[list[str], int]:
    """A qualified name from here, and where it ends."""
    if place < len(found) and found[place].word == "ONLY":
        place += 1
    path: list[str] = []
    while place < len(found) and (name := found[place].name or _escaped(found[place])):
        path.append(name)
        place += 1
        if place < len(found) and found[place].text == ".":
            place += 1
            continue
        break
    return path, place


def _escaped(token: Token) -> str:
    return token.text if token.kind == "quoted" else ""


@dataclass(frozen=True)
class _Target:
    """A table that is written, by which name the statement knows it, and within how many parentheses."""

    path: tuple[str, ...] = ()
    alias: str = ""
    depth: int = 0


def _targets(found: Sequence[Token]) -> Iterator[_Target]:
    """The tables that a statement writes."""
    depth = 0
    for place, token in enumerate(found):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.word not in _INTO:
            continue
        before = found[place - 1].word if place else ""
        into = _INTO[token.word]
        if before in _NO_VERB_BEFORE or (into and _word(found, place + 1) != into):
            continue
        path, end = _path(found, place + (2 if into else 1))
        if path and not (token.word == "UPDATE" and path == ["set"]):
            yield _Target(tuple(path), _alias(found, end) or path[-1], depth)


def _alias(found: Sequence[Token], place: int) -> str:
    if place < len(found) and found[place].text == "*":
        place += 1
    if _word(found, place) == "AS":
        return found[place + 1].name if place + 1 < len(found) else ""
    bare = found[place] if place < len(found) else None
    if bare is None or bare.word in _BEHIND_TARGET:
        return ""
    return bare.name


def _word(found: Sequence[Token], place: int) -> str:
    return found[place].word if place < len(found) else ""


def _main_verb(found: Sequence[Token]) -> str:
    """INSERT, UPDATE, DELETE or MERGE, or SELECT for a query whose WITH writes."""
    depth = 0
    for token in found:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth and token.word in (*_INTO, "SELECT", "VALUES", "TABLE"):
            return token.word if token.word in _INTO else "SELECT"
    return "SELECT"


def _returning(text: str, found: Sequence[Token]) -> str:
    depth = 0
    for token in found:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth and token.word == "RETURNING":
            return text[token.end :].strip().rstrip(";").strip()
    return ""


def _wanted(found: Sequence[Token], alias: str) -> Iterator[Wanted]:
    """The ids of `id = ...` and `id IN (...)` among the conditions that must all hold."""
    verb = found[0].word if found else ""
    if verb not in ("UPDATE", "DELETE"):
        return
    for condition in _conditions(found):
        yield from _ids(_unwrapped(condition), alias)


def _conditions(found: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts of the main WHERE between its ANDs; none where an OR makes them alternatives."""
    depth, inside, parts = 0, False, [[]]  # type: int, bool, list[list[Token]]
    between = False
    for token in found:
        if not depth and token.word == "WHERE":
            inside, parts = True, [[]]
            continue
        if not depth and inside and token.word == "RETURNING":
            break
        if inside and not depth and token.word in ("OR", "CASE"):
            return
        between = between or token.word == "BETWEEN"
        if inside and not depth and token.word == "AND" and not between:
            parts.append([])
        elif inside:
            between = between and token.word != "AND"
            parts[-1].append(token)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
    yield from (part for part in parts if (part and part[-1].text != ";") or part[:-1])


def _unwrapped(condition: list[Token]) -> list[Token]:
    condition = [token for token in condition if token.text != ";"]
    while len(condition) > 2 and condition[0].text == "(" and _closes(condition) == len(condition) - 1:
        condition = condition[1:-1]
    return condition


def _closes(condition: Sequence[Token]) -> int:
    depth = 0
    for place, token in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth:
            return place
    return -1


def _ids(condition: list[Token], alias: str) -> Iterator[Wanted]:
    rest = _behind_id(condition, alias)
    if rest is None:
        rest = _behind_id(_turned(condition), alias)
    if not rest:
        return
    if rest[0].text == "=" and (one := constant(rest[1:])):
        yield one
    elif rest[0].word == "IN" and len(rest) > 2 and rest[1].text == "(" and rest[-1].text == ")":
        yield from _listed(rest[2:-1])


def _turned(condition: list[Token]) -> list[Token]:
    """`1 = id` as `id = 1`."""
    places = [place for place, token in enumerate(condition) if token.text == "="]
    if len(places) != 1:
        return []
    place = places[0]
    return [*condition[place + 1 :], condition[place], *condition[:place]]


def _behind_id(condition: list[Token], alias: str) -> list[Token] | None:
    names = [token.name for token in condition[:3]]
    if names[:1] == ["id"]:
        return condition[1:]
    if len(condition) > 3 and condition[1].text == "." and names[2] == "id" and names[0] == alias:
        return condition[3:]
    return None


def _listed(items: Sequence[Token]) -> Iterator[Wanted]:
    one: list[Token] = []
    found: list[Wanted | None] = []
    for token in [*items]:
        if token.text == ",":
            found.append(constant(one))
            one = []
        else:
            one.append(token)
    found.append(constant(one))
    yield from (each for each in found if each is not None)


def constant(found: Sequence[Token]) -> Wanted | None:
    """A string or a parameter, with a cast to text or without."""
    if not found or (len(found) > 1 and not _is_text_cast(found[1:])):
        return None
    token = found[0]
    if token.kind == "param":
        return Wanted(parameter=int(token.text[1:]))
    if token.kind == "string" and token.text.startswith("'"):
        return Wanted(token.text[1:-1].replace("''", "'"))
    return None


def _is_text_cast(found: Sequence[Token]) -> bool:
    words = [token.text.lower() for token in found]
    return words[:2] == [":", ":"] and words[2:] in (["text"], ["varchar"], ["character", "varying"])
