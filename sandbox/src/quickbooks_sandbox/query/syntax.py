"""The grammar: what may follow what. Whether the names exist is asked by `plan`."""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_sandbox.query.lexer import AFTER_PROPERTY, Token, Word, refuse, value_of, words

_OPERATORS = ("=", "<", ">", "<=", ">=")
# Words of the service's grammar that its pages exclude; how it refuses them is not recorded.
_KNOWN_AND_REFUSED = ("!=", "between", "contains", "iterator", "not", "or")
_COMPARISONS = ("<", ">", "<=", ">=")
_LITERALS = (Word.STRING, Word.INTEGER, Word.DECIMAL)


@dataclass(frozen=True)
class Condition:
    """`path operator values`; only IN has more than one value."""

    path: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One query. `columns` is None for all of them."""

    entity: str
    count: bool = False
    columns: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # path, descending?
    start: int = 1
    most: int | None = None


def parse(text: str) -> Statement:
    """The statement of a text; raises Fault 4000."""
    return _Parser(words(text)).statement()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def statement(self) -> Statement:
        self._expect("select")
        count, columns = self._selection()
        self._expect("from")
        entity = self._name()
        where = self._where()
        order = self._order()
        page = self._page()
        if self._now.kind is not Word.END:
            refuse(self._now)
        return Statement(
            entity, count, columns, where, order, page.get("startposition", 1), page.get("maxresults")
        )

    def _selection(self) -> tuple[bool, tuple[str, ...] | None]:
        if self._now.is_word("count"):
            for sign in ("(", "*", ")"):
                self._next()
                self._require_sign(sign)
            self._next()
            return True, None
        columns: list[str] = []
        everything = False
        while True:
            if self._is_sign("*"):
                everything = True
                self._next()
            else:
                columns.append(self._path())
            if not self._is_sign(","):
                return False, None if everything else tuple(columns)
            self._next()

    def _where(self) -> tuple[Condition, ...]:
        if not self._now.is_word("where"):
            return ()
        found: list[Condition] = []
        while not found or self._now.is_word("and"):
            self._next()
            found.append(self._condition())
        return tuple(found)

    def _condition(self) -> Condition:
        path = self._path()
        if self._now.is_word("in"):
            self._next()
            return Condition(path, "in", self._list())
        if self._now.is_word("like"):
            self._next()
            return Condition(path, "like", (self._literal(),))
        sign = self._now
        if sign.kind is not Word.SIGN or sign.text not in _OPERATORS:
            refuse(sign, () if sign.text.lower() in _KNOWN_AND_REFUSED else AFTER_PROPERTY)
        self._next()
        if sign.text in _COMPARISONS and not self._is_literal():
            refuse(
                sign, AFTER_PROPERTY
            )  # recorded: of a comparison with nothing to compare, the sign is wrong
        return Condition(path, sign.text, (self._literal(),))

    def _list(self) -> tuple[str, ...]:
        if not self._is_sign("("):
            refuse(self._now, ('"(" ...',))
        values: list[str] = []
        while True:
            self._next()
            values.append(self._literal())
            if not self._is_sign(","):
                self._require_sign(")")
                self._next()
                return tuple(values)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if self._now.is_word("orderby"):
            self._next()
        elif self._now.is_word("order"):
            self._next()
            self._expect("by")
        else:
            return ()
        found: list[tuple[str, bool]] = []
        while True:
            path = self._path()
            descending = self._now.is_word("desc")
            if self._now.is_word("asc", "desc"):
                self._next()
            found.append((path, descending))
            if not self._is_sign(","):
                return tuple(found)
            self._next()

    def _page(self) -> dict[str, int]:
        """STARTPOSITION and MAXRESULTS, once each, in either order."""
        found: dict[str, int] = {}
        while self._now.is_word("startposition", "maxresults"):
            word = self._now.text.lower()
            if word in found:
                refuse(self._now)
            self._next()
            if self._now.kind is not Word.INTEGER:
                refuse(self._now)
            found[word] = int(self._take().text)
        return found

    def _path(self) -> str:
        steps = [self._name()]
        while self._is_sign("."):
            self._next()
            steps.append(self._name())
        return ".".join(steps)

    def _literal(self) -> str:
        if not self._is_literal():
            refuse(self._now)
        token = self._take()
        return token.text.lower() if token.kind is Word.NAME else value_of(token)

    def _is_literal(self) -> bool:
        return self._now.kind in _LITERALS or self._now.is_word("true", "false", "current_date")

    def _name(self) -> str:
        if self._now.kind is not Word.NAME:
            refuse(self._now)
        return self._take().text

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> None:
        self._at = min(self._at + 1, len(self._tokens) - 1)

    def _take(self) -> Token:
        token = self._now
        self._next()
        return token

    def _is_sign(self, sign: str) -> bool:
        return self._now.kind is Word.SIGN and self._now.text == sign

    def _require_sign(self, sign: str) -> None:
        if not self._is_sign(sign):
            refuse(self._now)

    def _expect(self, word: str) -> None:
        if not self._now.is_word(word):
            refuse(self._now)
        self._next()
