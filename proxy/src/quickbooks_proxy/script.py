"""What a session does with its backend while the client is held: messages of its own, and their replies.

A script is a generator: it yields None for the next message of the server, or what it asks of the outside world. It
does no I/O; the session gives it ways to send.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from quickbooks_core.writing import ClientError

from quickbooks_proxy.asking import Ask
from quickbooks_proxy.ledger import Ledger
from quickbooks_proxy.messages import (
    FLUSH,
    bind,
    close,
    error_fields,
    error_message,
    execute,
    parse,
    row_values,
)

T = TypeVar("T")
Script = Generator[Ask | None, Any, T]
_TEXT, _BYTEA, _BOOL, _TEXTS = 25, 17, 16, 1009
_IDS = (_TEXT, _BYTEA, _TEXT, _TEXTS)
# Where our own functions are is nobody's business.
_INSIDE = ("W", "F", "L", "R", "p", "q")
_FROM_A_SESSION = b"AS"  # NotificationResponse and ParameterStatus may come at any time
_NOTICE, _ERROR = ord("N"), ord("E")
_IN_BLOCK = "25001"  # active_sql_transaction, the warning of a BEGIN inside a block
Rows = list[list[bytes | None]]


@dataclass(frozen=True)
class Message:
    """One message of the server."""

    kind: int
    raw: bytes

    @property
    def body(self) -> bytes:
        return self.raw[5:]


class HelperFailed(Exception):
    """A statement of ours was refused; the server skips what follows up to a Sync."""

    def __init__(self, message: Message) -> None:
        super().__init__(error_fields(message.body).get("M", ""))
        self.message = message


def helper(
    text: str | bytes,
    values: Sequence[bytes | None] = (),
    types: Sequence[int] = (),
    formats: Sequence[int] = (),
    given_in: Sequence[int] = (),
) -> bytes:
    """A statement of ours, under a name that nobody can know before and that is gone afterwards."""
    name = b"quickbooks_" + secrets.token_hex(8).encode()
    statement = text if isinstance(text, bytes) else text.encode()
    return b"".join((
        parse(name, statement, types), bind(name, name, values, formats, given_in), execute(name), close(b"P", name),
        close(b"S", name),
    ))  # fmt: skip


class Talk:
    """The backend and the client of one session, for scripts."""

    def __init__(
        self,
        ledger: Ledger,
        to_client: Callable[[bytes], None],
        to_server: Callable[[bytes], None],
        copy_in: Callable[[bool], None],
        schema: str,
    ) -> None:
        self.ledger = ledger
        self.to_client = to_client
        self.to_server = to_server
        self.copy_in = copy_in  # the client's rows go to the server, or no longer
        self.was_in_block = False
        self.codec = "utf-8"
        self.shift = 0  # how many characters of a Query stand before the statement that is run
        self._schema = schema

    def relay(self, message: Message) -> None:
        """A message for the client."""
        self.ledger.from_server(message.kind, message.raw, 0, len(message.raw))
        is_placed = bool(self.shift) and message.kind == _ERROR
        self.to_client(moved(message, self.shift) if is_placed else message.raw)

    def next(self) -> Script[Message]:
        """The next message that is a reply."""
        while True:
            message: Message = yield None
            if message.kind not in _FROM_A_SESSION:
                return message
            self.to_client(message.raw)

    def drain(self) -> Script[None]:
        """Until the server has answered all that the client has sent."""
        if not self.ledger.is_settled:
            self.to_server(FLUSH)
        while not self.ledger.is_settled:
            message: Message = yield None
            self.relay(message)

    def ready(self) -> Script[Message]:
        """The next ReadyForQuery, which is not for the client, nor what comes before it."""
        while True:
            message = yield from self.next()
            if message.kind == ord("Z"):
                return message

    def replies(self, helpers: int = 1) -> Script[Rows]:
        """The rows of the last of some statements of ours; their notices are not the client's. Raises HelperFailed."""
        rows: Rows = []
        while helpers:
            rows = yield from self._reply()
            helpers -= 1
        return rows

    def _reply(self) -> Script[Rows]:
        rows: Rows = []
        closed = 0
        self.was_in_block = False
        while closed < 2:
            message = yield from self.next()
            if message.kind == ord("E"):
                raise HelperFailed(message)
            if message.kind == ord("D"):
                rows.append(row_values(message.body))
            elif message.kind == _NOTICE:
                self.was_in_block = is_in_block(message)
            closed += message.kind == ord("3")
        return rows

    def ask(self, question: Ask) -> Script[Any]:
        """What the outside world answers."""
        answer = yield question
        return answer

    def function(self, name: str) -> str:
        """One of our functions in the mirror's schema."""
        return f'"{self._schema.replace(chr(34), chr(34) * 2)}".{name}'

    def opening(self, nonce: str, proof: bytes) -> bytes:
        """Opens a bracket."""
        return self._call("_sync_bracket", [nonce.encode(), _hex(proof)], [_TEXT, _BYTEA])

    def level(self) -> bytes:
        """Asks between which savepoints the client is."""
        return self._call("_sync_level", [], [])

    def taking(self, nonce: str, proof: bytes) -> bytes:
        """Takes the images of a bracket, and shuts it."""
        call = f"SELECT images, seal FROM {self.function('_sync_images')}($1, $2)"
        return helper(call, [nonce.encode(), _hex(proof)], [_TEXT, _BYTEA], [1, 1])

    def reading(self, text: bytes) -> bytes:
        """Asks whether a text is SQL."""
        return self._call("_sync_read", [text], [_TEXT])

    def touching(self, table: str) -> bytes:
        """Asks whether this transaction writes a mirrored table."""
        return self._call("_sync_touches", [table.encode()], [_TEXT])

    def settling(self, nonce: str, proof: bytes, table: str, ids: Sequence[str]) -> bytes:
        """Puts answers into rows that this client has locked."""
        return self._call("_sync_settle", [*_of(nonce, proof), table.encode(), _array(ids)], _IDS)

    def deleting(self, nonce: str, proof: bytes, table: str, ids: Sequence[str]) -> bytes:
        """Lets rows go in this client's transaction."""
        return self._call("_sync_delete", [*_of(nonce, proof), table.encode(), _array(ids)], _IDS)

    def owing(self, nonce: str, proof: bytes, *, paid: bool) -> bytes:
        """Asks what this transaction still owes, or says that it is paid."""
        return self._call("_sync_owed", [*_of(nonce, proof), b"t" if paid else b"f"], [_TEXT, _BYTEA, _BOOL])

    def failing(self, error: ClientError, table: str) -> bytes:
        """Raises an error."""
        words = (error.sqlstate, error.message, error.detail, error.hint, table, error.column)
        return self._call("_sync_fail", [self._bytes(word) for word in words], [_TEXT] * 6)

    def telling(self, words: str, detail: str = "", *, is_warning: bool = False) -> bytes:
        """Gives a notice."""
        values = [b"t" if is_warning else b"f", self._bytes(words), self._bytes(detail)]
        return self._call("_sync_tell", values, [_BOOL, _TEXT, _TEXT])

    def _bytes(self, words: str) -> bytes:
        """As the client's encoding has it; what that lacks is marked."""
        return words.encode(self.codec, "replace")

    def _call(self, name: str, values: Sequence[bytes | None], types: Sequence[int]) -> bytes:
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        return helper(f"SELECT {self.function(name)}({places})", values, types)

    def told(self) -> Script[None]:
        """The reply to a notice of ours: the notice is the client's."""
        closed = 0
        while closed < 2:
            message = yield from self.next()
            if message.kind == ord("E"):
                raise HelperFailed(message)
            if message.kind == _NOTICE:
                self.to_client(without_inside(message, b"N"))
            closed += message.kind == ord("3")

    def fail(self, message: Message) -> None:
        """An error that a statement of ours has raised, for the client."""
        self.ledger.failed = True
        self.to_client(without_inside(message, b"E"))


def is_in_block(message: Message) -> bool:
    """Whether it is the warning of a BEGIN inside a block."""
    return message.kind == _NOTICE and error_fields(message.body).get("C") == _IN_BLOCK


def without_inside(message: Message, kind: bytes) -> bytes:
    """An error or notice without what it says of our own functions."""
    fields = error_fields(message.body)
    return error_message({name: text for name, text in fields.items() if name not in _INSIDE}, kind)


def moved(message: Message, characters: int) -> bytes:
    """An error in one statement of several, of which the client knows the place in all of them."""
    fields = error_fields(message.body)
    if "P" not in fields:
        return message.raw
    return error_message({**fields, "P": str(int(fields["P"]) + characters)})


def _of(nonce: str, proof: bytes) -> tuple[bytes, bytes]:
    return nonce.encode(), _hex(proof)


def _array(words: Sequence[str]) -> bytes:
    """A text array."""
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return ("{" + ",".join(f'"{word}"' for word in quoted) + "}").encode()


def _hex(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()
