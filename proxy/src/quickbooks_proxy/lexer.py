"""Postgres' rules of quoting, and nothing more: tokens of a statement, and where one statement ends.

Works on text decoded as Latin-1, so that places are places in the bytes; any byte above 127 is part of a name, as it is
for Postgres. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NAME = r"[A-Za-z_\x80-\xff]"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|--[^\n\r]*)
  | (?P<comment>/\*)
  | (?P<escape>[eE]')
  | (?P<string>(?:[bBxXnN]|[uU]&)?')
  | (?P<quoted>(?:[uU]&)?")
  | (?P<dollar>\$(?:{_NAME}[A-Za-z0-9_\x80-\xff]*)?\$)
  | (?P<param>\$\d+)
  | (?P<word>{_NAME}[A-Za-z0-9_$\x80-\xff]*)
  | (?P<number>\.?\d[\w.]*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")
_STRING = re.compile(r"'(?!')|''")
_ESCAPE = re.compile(r"\\.|''|'", re.DOTALL)
_QUOTED = re.compile(r'"(?!")|""')


class Unclear(ValueError):
    """Something is not closed: nobody can say where the statement ends."""


@dataclass(frozen=True)
class Token:
    """A word or sign of a statement; `text` is as it was written, `word` in capitals for a name without quotes."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """Empty for what is no bare word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name that an identifier is, as Postgres folds it; empty for what is none."""
        if self.kind == "word":
            return "".join(c.lower() if c.isascii() else c for c in self.text)
        if self.kind == "quoted" and self.text.startswith('"'):
            return self.text[1:-1].replace('""', '"')
        return ""


def quoted(name: str) -> str:
    """A name as it stands in a statement, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def tokens(text: str, *, backslashes: bool = False) -> Iterator[Token]:
    """All tokens but space and comments; raises Unclear. `backslashes`: they escape in plain strings too."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        assert found is not None
        kind = found.lastgroup or "other"
        end = _end(text, kind, found, backslashes)
        if kind not in ("space", "comment"):
            shown = "string" if kind in ("escape", "dollar") else kind
            yield Token(shown, text[place:end], place, end)
        place = end


def _end(text: str, kind: str, found: re.Match[str], backslashes: bool) -> int:
    if kind == "comment":
        return _comment_end(text, found.end())
    if kind == "dollar":
        end = text.find(found.group(), found.end())
        return _checked(end) + len(found.group())
    if kind == "escape" or (kind == "string" and backslashes):
        return _close(text, found.end(), _ESCAPE, "'")
    if kind == "string":
        return _close(text, found.end(), _STRING, "'")
    if kind == "quoted":
        return _close(text, found.end(), _QUOTED, '"')
    return found.end()


def _checked(place: int) -> int:
    if place < 0:
        raise Unclear
    return place


def _comment_end(text: str, place: int) -> int:
    depth = 1
    while depth:
        found = _COMMENT.search(text, place)
        if found is None:
            raise Unclear
        depth += 1 if found.group() == "/*" else -1
        place = found.end()
    return place


def _close(text: str, place: int, pattern: re.Pattern[str], mark: str) -> int:
    while found := pattern.search(text, place):
        if found.group() == mark:
            return found.end()
        place = found.end()
    raise Unclear


def split(text: str, *, backslashes: bool = False) -> list[str]:
    """The statements of a text, without empty ones; raises Unclear."""
    return [piece for _, piece in placed(text, backslashes=backslashes)]


def placed(text: str, *, backslashes: bool = False) -> list[tuple[int, str]]:
    """The same, each with the place where it begins."""
    pieces: list[list[Token]] = [[]]
    depth = 0
    body = _Body()
    for token in tokens(text, backslashes=backslashes):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth = max(0, depth - 1)
        elif token.text == ";" and not depth and not body.is_open:
            pieces.append([])
            body = _Body()
            continue
        elif not depth:
            body.see(token.word)
        pieces[-1].append(token)
    if depth or body.is_open:
        raise Unclear
    return [(piece[0].start, text[piece[0].start : piece[-1].end]) for piece in pieces if piece]


class _Body:
    """The body of a routine in SQL's own form, BEGIN ATOMIC ... END, whose semicolons end no statement."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._depth = 0

    @property
    def is_open(self) -> bool:
        return self._depth > 0

    def see(self, word: str) -> None:
        if word and len(self._first) < 4:
            self._first.append(word)
        if not word or not self._is_routine(self._first):
            return
        if word == "BEGIN" or (word == "CASE" and self._depth):
            self._depth += 1
        elif word == "END" and self._depth:
            self._depth -= 1

    @staticmethod
    def _is_routine(first: Sequence[str]) -> bool:
        kinds = ("FUNCTION", "PROCEDURE")
        rest = first[3:] if first[1:3] == ["OR", "REPLACE"] else first[1:]
        return first[:1] == ["CREATE"] and bool(rest) and rest[0] in kinds
