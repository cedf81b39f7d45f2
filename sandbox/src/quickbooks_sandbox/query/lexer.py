"""Words of the query language, each with its place, because refusals name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from quickbooks_sandbox.faults import query_parser


class Word(Enum):
    """Kinds of words; the value is how a refusal names them."""

    NAME = "<IDENTIFIER>"
    STRING = "<STRING>"
    INTEGER = "<INTEGER>"
    DECIMAL = "<DECIMAL>"
    SIGN = ""
    STRANGE = " "  # a character that begins no word
    END = "<EOF>"


@dataclass(frozen=True)
class Token:
    """One word of the text."""

    kind: Word
    text: str
    line: int
    column: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of the language's own words, in any case."""
        return self.kind is Word.NAME and self.text.lower() in words


# What the service says it expected, as far as recorded; its own words for some signs repeat themselves.
AFTER_PROPERTY = (
    "<EOF>", '"." ...', "<AND> ...", '"between" ...', '"contains" ...', '"=" ...', '"in" ...', '"iterator" ...',
    '"like" ...', '"maxresults" ...', '"!=" ...', "<NOT> ...", "<OR> ...", '"order" ...', '"orderby" ...',
    '"startposition" ...', *('"=" ...', '"!=" ...') * 3, '"." ...',
)  # fmt: skip

# A quote inside a string is escaped by a backslash; doubling it ends one string and begins another.
_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<STRING>'(?:[^'\\]|\\.)*')
      | (?P<DECIMAL>-?\d+\.\d+)
      | (?P<INTEGER>-?\d+)
      | (?P<NAME>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<SIGN><=|>=|!=|[=<>(),.*])""",
    re.VERBOSE | re.DOTALL,
)


def words(text: str) -> list[Token]:
    """All words and an end."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        line, column = _position(text, place)
        match = _PATTERN.match(text, place)
        if match is None:
            found.append(Token(Word.STRANGE, text[place], line, column))
            place += 1
            continue
        if match.lastgroup != "space":
            found.append(Token(Word[str(match.lastgroup)], match.group(), line, column))
        place = match.end()
    return [*found, Token(Word.END, "", *_position(text, len(text)))]


def value_of(token: Token) -> str:
    """The content of a string, or the word itself."""
    if token.kind is Word.STRING:
        return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
    return token.text


def refuse(token: Token, expected: tuple[str, ...] = ()) -> NoReturn:
    """Raises Fault 4000 at a word that cannot stand where it does."""
    if token.kind is Word.END:
        raise query_parser(" <EOF> ", token.line, token.column, expected)
    own = token.kind.value.strip() or f'"{token.text}"'
    raise query_parser(f' {own} "{token.text} "', token.line, token.column, expected)


def _position(text: str, place: int) -> tuple[int, int]:
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1
