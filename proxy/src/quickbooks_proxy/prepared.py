"""EXECUTE of what was prepared in SQL, or under a name: which statement that is, Postgres itself tells.

So it does not matter how a name has come about or gone, nor in which transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quickbooks_proxy.lexer import Token, Unclear, split, tokens
from quickbooks_proxy.messages import FLUSH
from quickbooks_proxy.script import HelperFailed, Script, Talk, helper
from quickbooks_proxy.statement import Judge, Statement, Wanted, constant

PREPARES = re.compile(rb"\bprepare\b", re.IGNORECASE)
EXECUTES = re.compile(rb"\bexecute\b", re.IGNORECASE)
# What an EXECUTE does before anybody has looked its name up, and where the words leave open which statement it is.
EXECUTE = Statement("EXECUTE", ())
_LOOK_UP = (
    "SELECT statement, from_sql FROM pg_catalog.pg_prepared_statements WHERE name OPERATOR(pg_catalog.=) $1"
)
_TEXT = 25


def executed_name(text: str) -> str:
    """The name in an EXECUTE; empty for any other statement."""
    try:
        found = _first(tokens(text), 2)
    except Unclear:
        return ""
    return found[1].name if len(found) == 2 and found[0].word == "EXECUTE" else ""


def resolved(talk: Talk, judge: Judge, text: str) -> Script[Statement | None]:
    """What an EXECUTE may write; None where that is certainly nothing of ours, or the looking up was cancelled."""
    name = executed_name(text)
    talk.to_server(helper(_LOOK_UP, [name.encode("latin-1")], [_TEXT]) + FLUSH)
    try:
        rows = yield from talk.replies()
    except HelperFailed as failed:
        talk.fail(failed.message)
        return None
    if not rows:
        return None  # Postgres says that there is none
    told, from_sql = rows[0][0] or b"", rows[0][1] == b"t"
    plain = told.decode("latin-1")
    found = {judge.statement(one) for one in (_prepared(plain, name) if from_sql else [plain])}
    if len(found) != 1:
        return EXECUTE if any(found) else None
    (statement,) = found
    return replace(statement, wanted=tuple(_given(statement.wanted, text))) if statement else None


def _prepared(text: str, name: str) -> Iterator[str]:
    """The statements that a text prepares under a name: it is all that was sent with the PREPARE."""
    try:
        pieces = [(piece, list(tokens(piece))) for piece in split(text)]
    except Unclear:
        return
    for piece, found in pieces:
        if len(found) > 2 and found[0].word == "PREPARE" and found[1].name == name:
            begin = next((token.end for token in found[2:] if token.word == "AS"), len(piece))
            yield piece[begin:]


def _given(wanted: Sequence[Wanted], text: str) -> Iterator[Wanted]:
    """Ids that the statement asks for by its parameters, where the EXECUTE gives constants."""
    values = _values(list(tokens(text))[2:])
    for one in wanted:
        if not one.parameter:
            yield one
        elif one.parameter <= len(values) and (value := constant(values[one.parameter - 1])):
            yield value


def _values(found: Sequence[Token]) -> list[list[Token]]:
    """What stands between the parentheses, one by one."""
    values: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth -= token.text == ")"
        if depth == 1 and token.text == ",":
            values.append([])
        elif depth:
            values[-1].append(token)
        depth += token.text == "("
    return values


def _first(found: Iterator[Token], count: int) -> list[Token]:
    return [token for token, _ in zip(found, range(count), strict=False)]
