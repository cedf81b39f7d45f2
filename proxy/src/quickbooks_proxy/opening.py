"""The first packets of a connection, before Postgres' own messages begin: encryption, cancelling, the startup packet.

Pure: takes bytes and says what to do next. Nothing is answered that the client has not asked for, and a client that
sends more than it may before it is known is sent away.
"""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_proxy.messages import PROTOCOL_CANCEL, PROTOCOL_GSSENC, PROTOCOL_SSL

# Postgres takes no longer startup packet either.
LONGEST_STARTUP = 10_000
_SHORTEST = 8
_TLS_HANDSHAKE = 0x16


@dataclass(frozen=True)
class Wait:
    """More bytes are needed."""


@dataclass(frozen=True)
class Answer:
    """One byte for the client, who goes on in the clear."""

    reply: bytes


@dataclass(frozen=True)
class Encrypt:
    """TLS begins: after this reply, with these bytes of the handshake. `direct`: the client has not asked before."""

    reply: bytes
    handshake: bytes
    direct: bool


@dataclass(frozen=True)
class Cancel:
    """A request to cancel what another connection does."""

    packet: bytes


@dataclass(frozen=True)
class Begin:
    """A session: its startup packet, and what came behind it."""

    packet: bytes
    rest: bytes


@dataclass(frozen=True)
class Refuse:
    """The connection ends, with these words for the log."""

    words: str


Step = Wait | Answer | Encrypt | Cancel | Begin | Refuse


class Opening:
    """What has come so far, and what is allowed next."""

    def __init__(self, *, offers_tls: bool) -> None:
        self._buffer = b""
        self._offers_tls = offers_tls
        self._is_encrypted = False

    def feed(self, data: bytes) -> Step:
        """The next step; call it again with nothing after an Answer."""
        self._buffer += data
        if self._buffer[:1] == bytes([_TLS_HANDSHAKE]) and not self._is_encrypted:
            return self._encrypted(b"", direct=True)
        if len(self._buffer) < _SHORTEST:
            return Wait()
        length = int.from_bytes(self._buffer[:4], "big")
        if not _SHORTEST <= length <= LONGEST_STARTUP:
            return Refuse(f"a startup packet of {length} bytes")
        if len(self._buffer) < length:
            return Wait()
        packet, self._buffer = self._buffer[:length], self._buffer[length:]
        return self._packet(packet)

    def _packet(self, packet: bytes) -> Step:
        code = int.from_bytes(packet[4:8], "big")
        if code == PROTOCOL_CANCEL:
            return Cancel(packet)
        if code == PROTOCOL_GSSENC or (code == PROTOCOL_SSL and (self._is_encrypted or not self._offers_tls)):
            return Answer(b"N")
        if code == PROTOCOL_SSL:
            # What came in the clear behind the request could be an attacker's: it must not be read as encrypted.
            return (
                Refuse("bytes behind the request for encryption") if self._buffer else self._encrypted(b"S")
            )
        rest, self._buffer = self._buffer, b""
        return Begin(packet, rest)

    def _encrypted(self, reply: bytes, *, direct: bool = False) -> Step:
        if not self._offers_tls:
            return Refuse("TLS, which is not configured")
        handshake, self._buffer, self._is_encrypted = self._buffer, b"", True
        return Encrypt(reply, handshake, direct)
