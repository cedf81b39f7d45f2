"""One client's session: what is passed on, what is held, and which script runs. No I/O.

Everything goes through as it comes until a statement appears that may write the mirror. Then the client's stream is
held, a script talks with the backend, and what was held goes on when it has ended.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quickbooks_proxy.asking import Ask, Asker
from quickbooks_proxy.bracket import Bracket, Context, Portal, fetch
from quickbooks_proxy.copying import CopyIn
from quickbooks_proxy.crypto import Seal
from quickbooks_proxy.framing import Frames, Span
from quickbooks_proxy.groups import end_of_group, is_last
from quickbooks_proxy.ledger import Ledger
from quickbooks_proxy.messages import FLUSH, bound_values, words_of
from quickbooks_proxy.prepared import EXECUTE, EXECUTES, PREPARES, executed_name, resolved
from quickbooks_proxy.query import Query
from quickbooks_proxy.relations import Tables
from quickbooks_proxy.rollbacks import rolls_back
from quickbooks_proxy.script import Message, Script, Talk, is_in_block
from quickbooks_proxy.statement import Judge, Statement

_QUERY, _PARSE, _BIND, _EXECUTE, _CLOSE, _SYNC = b"QPBECS"
_STREAMED_FROM_CLIENT = frozenset(b"d")
_STREAMED_FROM_SERVER = frozenset(b"Dd")
_COMMIT = re.compile(rb"\b(?:commit|end)\b", re.IGNORECASE)
_ROLLBACK = re.compile(rb"\b(?:rollback|abort)\b", re.IGNORECASE)
_IS_END = re.compile(
    rb"(?:\s|;|--[^\n]*\n|/\*.*?\*/)*(?:(commit|end)|rollback|abort)\b", re.IGNORECASE | re.DOTALL
)
_IS_BEGIN = re.compile(rb"(?:\s|;|--[^\n]*\n|/\*.*?\*/)*(?:begin|start)\b", re.IGNORECASE | re.DOTALL)
BEGIN = Statement("BEGIN", ())
COMMIT = Statement("COMMIT", ())
ROLLBACK = Statement("ROLLBACK", ())
# What is looked at even where nothing is known of statements and portals; what counts while a group is not at its end.
_LOOKED_AT = frozenset(b"QP")
_HEEDED = frozenset(b"ZEGKS")
_KEY, _PARAMETER = ord("K"), ord("S")


@dataclass
class Mirror:
    """What all sessions share; views may come and go."""

    judge: Judge
    seal: Seal
    tables: Tables


@dataclass(frozen=True)
class Ways:
    """Where a session's bytes and questions go. `hold`: the client is to be read from, or not."""

    to_client: Callable[[bytes], None]
    to_server: Callable[[bytes], None]
    ask: Callable[[Ask], None]
    hold: Callable[[bool], None]


def codec_of(encoding: str) -> str:
    """Python's name for an encoding of Postgres'."""
    named = {"SQL_ASCII": "utf-8"}.get(encoding, encoding.replace("WIN", "cp", 1))
    try:
        return codecs.lookup(named).name
    except LookupError:
        return "utf-8"


class Session:
    """Bytes of both sides go in; what goes out goes out by its ways."""

    def __init__(self, mirror: Mirror, ways: Ways, parameters: Mapping[str, str], address: str = "") -> None:
        self._mirror = mirror
        self._ways = ways
        self._ledger = Ledger()
        self._talk = Talk(self._ledger, ways.to_client, ways.to_server, self._copy_in, mirror.tables.schema)
        asker = Asker(parameters.get("user", ""), parameters.get("application_name", ""), address)
        self._context = Context(self._talk, mirror.seal, mirror.tables, asker)
        self._client = Frames(_STREAMED_FROM_CLIENT, _STREAMED_FROM_CLIENT)
        self._server = Frames(_STREAMED_FROM_SERVER, _STREAMED_FROM_SERVER)
        self._statements: dict[bytes, tuple[Statement, str]] = {}
        self._portals: dict[bytes, Portal] = {}
        self._script: Script[None] | None = None
        self.is_asking = False
        self._copying: CopyIn | None = None
        self._held: list[bytes] = []
        self.key = b""

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is under way, so that the session may be ended."""
        return self._script is None and self._ledger.is_idle

    @property
    def is_writing(self) -> bool:
        """Whether a statement of the client's is being taken to QuickBooks."""
        return self._script is not None

    def from_client(self, data: bytes) -> None:
        """Bytes of the client; raises NotTheProtocol."""
        if self._copying:
            data = self._copied(self._copying, data)
        if self._script:
            self._held.append(data)
            return
        ready, found = self._client.feed(data)
        is_plain = not (self._statements or self._portals or self._context.owns_block)
        for span in found:
            if is_plain and span[0] not in _LOOKED_AT:
                self._ledger.from_client(span[0])
                continue
            script = self._taken(ready, span)
            if script is None:
                is_plain = is_plain and not (self._statements or self._portals)
                continue
            _, start, end = span
            self._ways.to_server(ready[:start])
            self._held = [ready[end:], self._client.rest()]
            self._start(script)
            return
        self._ways.to_server(ready)

    def _copied(self, copying: CopyIn, data: bytes) -> bytes:
        """What is left of the client's bytes when the server has got its rows."""
        rows, rest = copying.feed(data)
        self._ways.to_server(rows)
        if rest is None:
            return b""
        self._copy_in(False)
        return rest

    def _copy_in(self, is_begun: bool) -> None:
        """The server wants the client's rows, or no more of them."""
        if is_begun:
            self._copying = CopyIn()
            self._ways.hold(False)
            held, self._held = b"".join(self._held), []
            self._held.append(self._copied(self._copying, held))
        elif self._copying:
            self._held.append(self._copying.rest())
            self._copying = None
            self._ways.hold(True)

    def from_server(self, data: bytes) -> None:
        """Bytes of the server; raises NotTheProtocol."""
        ready, found = self._server.feed(data)
        if self._script is None:
            owes = self._ledger.owed
            for kind, start, end in found:
                if kind in _HEEDED or not owes:
                    self._passed(kind, ready, start, end)
            self._ways.to_client(ready)
            return
        self._ways.to_client(ready[: found[0][1]] if found else ready)
        for kind, start, end in found:
            self._hear(Message(kind, ready[start:end]))

    def _passed(self, kind: int, data: bytes, start: int, end: int) -> None:
        self._ledger.from_server(kind, data, start, end)
        if kind == _KEY:
            self.key = data[start + 5 : end]
            self._context.pid = int.from_bytes(self.key[:4], "big")
        elif kind == _PARAMETER:
            self._learn(*words_of(data[start + 5 : end], 2))

    def _learn(self, name: bytes, value: bytes) -> None:
        asker = self._context.asker
        if name == b"client_encoding":
            self._talk.codec = codec_of(value.decode())
        elif name == b"session_authorization":
            self._context.asker = Asker(value.decode(), asker.application, asker.address)
        elif name == b"application_name":
            self._context.asker = Asker(asker.role, value.decode(errors="replace"), asker.address)

    def _taken(self, data: bytes, span: Span) -> Script[None] | None:
        """The script for a message that is not just passed on."""
        kind, start, end = span
        script: Script[None] | None = None
        if kind == _QUERY:
            script = self._query(data[start + 5 : end - 1])
        elif kind == _PARSE:
            self._parsed(data[start + 5 : end])
        elif kind == _BIND and (self._statements or self._portals):
            self._bound(data[start:end])
        elif kind == _EXECUTE and self._portals:
            script = self._executed(data[start:end], data[end:])
        elif kind == _CLOSE and (self._statements or self._portals):
            known = self._statements if data[start + 5] == ord("S") else self._portals
            known.pop(data[start + 6 : end - 1], None)
        elif kind == _SYNC:
            if self._ledger.status == b"I":
                self._portals.clear()  # they end with the implicit transaction
            script = end_of_group(self._context) if self._context.owns_block else None
        if script is None:
            self._ledger.from_client(kind)
        return script

    def _query(self, text: bytes) -> Script[None] | None:
        self._statements.pop(b"", None)
        self._portals.pop(b"", None)
        owes = self._context.debts.owed and _COMMIT.search(text)
        undoes = self._context.stakes.numbers and _ROLLBACK.search(text)
        if not undoes and (self._ledger.status == b"E" or not (owes or self._may_write(text))):
            return None
        query = Query(self._context, self._mirror.judge, text.decode("latin-1"))
        return query.run() if query.writes else None

    def _may_write(self, text: bytes) -> bool:
        """Whether it has to be looked at more closely."""
        if self._mirror.judge.is_suspicious(text):
            self._context.prepares = self._context.prepares or bool(PREPARES.search(text))
            return True
        return self._context.prepares and bool(EXECUTES.search(text))

    def _parsed(self, body: bytes) -> None:
        name, text = words_of(body, 2)
        self._statements.pop(name, None)
        if end := _IS_END.match(text):
            self._statements[name] = COMMIT if end[1] else ROLLBACK, text.decode("latin-1")
        elif _IS_BEGIN.match(text):
            self._statements[name] = BEGIN, ""
        elif self._may_write(text):
            plain = text.decode("latin-1")
            is_execute = self._context.prepares and executed_name(plain)
            statement = EXECUTE if is_execute else self._mirror.judge.statement(plain)
            if statement:
                self._context.prepares = self._context.prepares or bool(name)
                self._statements[name] = statement, text.decode(self._talk.codec, "replace")

    def _bound(self, message: bytes) -> None:
        portal, name = words_of(message[5:], 2)
        self._portals.pop(portal, None)
        if name in self._statements:
            statement, text = self._statements[name]
            self._portals[portal] = Portal(portal, statement, text, message, bound_values(message[5:]))

    def _executed(self, message: bytes, behind: bytes) -> Script[None] | None:
        (name,) = words_of(message[5:], 1)
        portal = self._portals.get(name)
        if portal is not None and portal.statement is ROLLBACK:
            return self._rolled_back(portal, message) if self._context.stakes.numbers else None
        # A failed transaction refuses everything else; Postgres says so itself.
        if portal is None or self._ledger.status == b"E":
            return None
        if portal.statement is BEGIN:
            return self._begun(message) if self._context.owns_block else None
        if portal.statement is COMMIT:
            return self._committed(message) if self._context.debts.owed else None
        limit = int.from_bytes(message[-4:], "big")
        if portal.tag:
            return self._fetched(portal, limit)
        alone = self._ledger.status == b"I" and not self._ledger.unsure and not self._context.owns_block
        alone = alone and not self._ledger.has_executed and is_last(behind)
        return self._run(portal, limit, message, alone)

    def _run(self, portal: Portal, limit: int, message: bytes, alone: bool) -> Script[None]:
        yield from self._talk.drain()
        if self._ledger.failed:
            return  # the server skips it
        writes = self._ledger.status != b"E" and (yield from self._resolved(portal))
        if self._ledger.failed:
            return
        if not writes:
            self._ledger.from_client(_EXECUTE)
            self._ways.to_server(message)
            return
        self._ledger.has_executed = True
        yield from Bracket(self._context, portal, alone=alone).run(limit)

    def _resolved(self, portal: Portal) -> Script[bool]:
        """Whether it may write the mirror, also where it is an EXECUTE."""
        if portal.statement is not EXECUTE:
            return True
        plain = portal.text.encode(self._talk.codec, "replace").decode("latin-1")
        statement = yield from resolved(self._talk, self._mirror.judge, plain)
        portal.statement = statement or EXECUTE
        return statement is not None

    def _begun(self, message: bytes) -> Script[None]:
        """A BEGIN in a block that is ours: from here on it is the client's, with what was before it in the group."""
        yield from self._talk.drain()
        if self._ledger.failed:
            return
        self._ledger.from_client(_EXECUTE)
        self._ways.to_server(message + FLUSH)
        while not self._ledger.is_settled:
            reply = yield from self._talk.next()
            if not is_in_block(reply):
                self._talk.relay(reply)
        self._context.owns_block &= self._ledger.failed

    def _committed(self, message: bytes) -> Script[None]:
        """A COMMIT of the extended protocol, before which QuickBooks has to be told something."""
        yield from self._talk.drain()
        if self._ledger.failed:
            return
        if self._ledger.status == b"T" and not (yield from self._context.debts.pay(self._context.pid)):
            self._context.owns_block = True  # it ends with the refused COMMIT
            return
        self._ledger.from_client(_EXECUTE)
        self._ways.to_server(message)

    def _rolled_back(self, portal: Portal, message: bytes) -> Script[None]:
        """A ROLLBACK of the extended protocol, after which the client is told what it leaves in QuickBooks."""
        yield from self._talk.drain()
        if self._ledger.failed:
            return
        self._ledger.from_client(_EXECUTE)
        self._ways.to_server(message)
        yield from self._talk.drain()
        if not self._ledger.failed:
            yield from self._context.stakes.told(is_whole=rolls_back(portal.text)[1])

    def _fetched(self, portal: Portal, limit: int) -> Script[None]:
        yield from self._talk.drain()
        if not self._ledger.failed:
            fetch(self._talk, portal, limit)

    def _start(self, script: Script[None]) -> None:
        self._script = script
        self._context.tables = self._mirror.tables
        self._server.streamed = self._server.quiet = ()
        self._ways.hold(True)
        self._step(None)

    def _hear(self, message: Message) -> None:
        if self._script is None:
            self._passed(message.kind, message.raw, 0, len(message.raw))
            self._ways.to_client(message.raw)
        elif self.is_asking:
            self._ways.to_client(message.raw)  # nothing of ours is under way: it comes by itself
        else:
            if message.kind == _PARAMETER:
                self._learn(*words_of(message.body, 2))
            self._step(message)

    def resume(self, answer: Any) -> None:
        """What was asked has been answered."""
        self.is_asking = False
        self._step(answer)

    def _step(self, event: Any) -> None:
        assert self._script is not None
        try:
            question = self._script.send(event)
        except StopIteration:
            self._ended()
            return
        if question is not None:
            self.is_asking = True
            self._ways.ask(question)

    def _ended(self) -> None:
        self._script = None
        self._server.streamed = self._server.quiet = _STREAMED_FROM_SERVER
        held, self._held = b"".join(self._held), []
        if held:
            self.from_client(held)
        if self._script is None:
            self._ways.hold(False)
