"""A Query of the simple protocol in which some statement may write the mirror.

Its statements are run one by one, which for Postgres is the same: up to the Sync they are one implicit transaction, as
they are in one Query, and before the first of them all are read. Results look as in the simple protocol.
"""

from __future__ import annotations

import secrets

from quickbooks_proxy.bracket import Bracket, Context, Portal
from quickbooks_proxy.groups import end
from quickbooks_proxy.lexer import Unclear, placed, tokens
from quickbooks_proxy.messages import FLUSH, bind, close, describe, execute, parse
from quickbooks_proxy.prepared import EXECUTE, executed_name, resolved
from quickbooks_proxy.reading import read
from quickbooks_proxy.rollbacks import rolls_back
from quickbooks_proxy.script import HelperFailed, Script, helper, is_in_block
from quickbooks_proxy.statement import Judge, Statement

_SWALLOWED = b"123n"
_ENDS = b"CIE"
_COPY_IN = ord("G")
_COMMITS = ("COMMIT", "END")
_BLOCK_ENDS = ("COMMIT", "END", "ROLLBACK", "ABORT")
_SAVEPOINTS = ("SAVEPOINT", "RELEASE")


class Query:
    """One Query. `writes`: it has to be run here."""

    def __init__(self, context: Context, judge: Judge, text: str) -> None:
        self._context = context
        self._talk = context.talk
        self._text = text
        try:
            found = placed(text)
        except Unclear:
            found = []  # what it means is Postgres' to say
        pieces = [piece for _, piece in found]
        self._places = [place for place, _ in found]
        self._judge = judge
        self._pieces = [(piece, self._judged(piece)) for piece in pieces]
        is_commit = bool(context.debts.owed) and any(_commits(piece) for piece in pieces)
        undoes = bool(context.stakes.numbers) and any(rolls_back(piece)[0] for piece in pieces)
        self.writes = is_commit or undoes or any(statement for _, statement in self._pieces)
        self._closing: list[bytes] = [close(b"S", b"")]

    def _judged(self, piece: str) -> Statement | None:
        if self._context.prepares and executed_name(piece):
            return EXECUTE
        return self._judge.statement(piece)

    def run(self) -> Script[None]:
        """Until the client is told that it may send the next one."""
        context = self._context
        yield from self._talk.drain()
        is_single = len(self._pieces) == 1
        alone = is_single and self._talk.ledger.status == b"I" and self._talk.ledger.is_idle
        if not (is_single or self._talk.ledger.failed):
            yield from read(context, self._text)
        for place, (text, statement) in zip(self._places, self._pieces, strict=True):
            if self._talk.ledger.failed:
                break
            name = b"quickbooks_" + secrets.token_hex(8).encode()
            sent = self._parse(name, place, text)
            self._closing += [close(b"P", name), close(b"S", name)]
            owes = _commits(text) and context.debts.owed and self._talk.ledger.status == b"T"
            if owes and not (yield from context.debts.pay(context.pid)):
                context.owns_block = True  # it ends with the refused COMMIT
                break
            if statement is EXECUTE and self._talk.ledger.status != b"E":
                statement = yield from resolved(self._talk, self._judge, text)
                if self._talk.ledger.failed:
                    break
            if statement and self._talk.ledger.status != b"E":
                yield from self._written(name, sent, text, statement, alone)
            elif context.owns_block and not (yield from self._handed_back(text)):
                break
            else:
                yield from self._passed(name, sent, text)
                yield from self._told(*rolls_back(text))
        self._talk.shift = 0
        yield from end(self._context, b"".join(self._closing))

    def _written(
        self, name: bytes, parsed: bytes, text: str, statement: Statement, alone: bool
    ) -> Script[None]:
        bound = bind(name, name)
        self._talk.to_server(parsed + bound + FLUSH)
        for _ in range(2):
            message = yield from self._talk.next()
            while message.kind == ord("N"):
                self._talk.to_client(message.raw)
                message = yield from self._talk.next()
            if message.kind == ord("E"):
                self._talk.relay(message)
                return
        shown = text.encode("latin-1").decode(self._talk.codec, "replace")
        portal = Portal(name, statement, shown, bound, is_query=True)
        yield from Bracket(self._context, portal, alone=alone).run(0)

    def _passed(self, name: bytes, parsed: bytes, text: str) -> Script[None]:
        """A statement that writes nothing of ours."""
        self._talk.to_server(parsed + bind(name, name) + describe(name) + execute(name) + FLUSH)
        while True:
            message = yield from self._talk.next()
            if self._context.owns_block and is_in_block(message):
                continue  # the client's BEGIN in a block that it does not know of
            if message.kind == _COPY_IN:
                self._talk.to_client(message.raw)
                self._talk.copy_in(True)
            elif message.kind not in _SWALLOWED:
                self._talk.relay(message)
            if message.kind in _ENDS:
                self._talk.copy_in(False)
                break
        if message.kind == ord("C"):
            self._follow(text)

    def _told(self, is_rollback: bool, is_whole: bool) -> Script[None]:
        """What a rollback leaves in QuickBooks."""
        stakes = self._context.stakes
        if is_rollback and stakes.numbers and not self._talk.ledger.failed:
            yield from stakes.told(is_whole=is_whole)

    def _handed_back(self, text: str) -> Script[bool]:
        """Our block ends where the client ends a transaction: outside of a block that is for Postgres to answer."""
        words = [token.word for token in tokens(text)]
        if words[0] not in (*_BLOCK_ENDS, *_SAVEPOINTS) or "PREPARED" in words:
            return True
        context = self._context
        is_error = words[0] in _SAVEPOINTS or "TO" in words or (words[-1] == "CHAIN" and "NO" not in words)
        commits = words[0] in _COMMITS and not is_error
        if commits and context.debts.owed and not (yield from context.debts.pay(context.pid)):
            return False
        context.owns_block = False
        self._talk.to_server(helper("COMMIT" if commits else "ROLLBACK") + FLUSH)
        try:
            yield from self._talk.replies()
        except HelperFailed as failed:
            self._talk.fail(failed.message)
        return not self._talk.ledger.failed

    def _follow(self, text: str) -> None:
        """What a statement has made of the transaction."""
        words = [token.word for token in tokens(text)]
        ledger = self._talk.ledger
        if words[0] in ("BEGIN", "START"):
            self._context.owns_block = False
            ledger.status = b"T"
        elif words[0] in _BLOCK_ENDS and "TO" not in words:
            self._context.owns_block = False
            ledger.status, ledger.unsure = (
                (b"T" if words[-1] == "CHAIN" and "NO" not in words else b"I"),
                False,
            )
        elif words[0] == "ROLLBACK":
            ledger.status, ledger.unsure = b"T", False

    def _parse(self, name: bytes, place: int, text: str) -> bytes:
        """A statement as it came: its bytes are the client's, in whichever encoding. A single one is the whole text."""
        if len(self._pieces) == 1:
            return parse(name, self._text.encode("latin-1"))
        before = self._text[:place].encode("latin-1")
        self._talk.shift = len(before.decode(self._talk.codec, "replace"))
        return parse(name, text.encode("latin-1"))


def _commits(text: str) -> bool:
    """Whether a statement commits the transaction."""
    return next((token.word in _COMMITS for token in tokens(text)), False)
