"""One client and its backend: two sockets, and bytes between them. What they mean is the session's business."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, cast

from quickbooks_proxy.framing import NotTheProtocol
from quickbooks_proxy.messages import fatal, startup_parameters
from quickbooks_proxy.opening import Answer, Begin, Cancel, Encrypt, Opening, Refuse, Wait
from quickbooks_proxy.session import Session
from quickbooks_proxy.tls import Tls
from quickbooks_proxy.valve import Valve

if TYPE_CHECKING:
    from quickbooks_proxy.server import Server

log = logging.getLogger("quickbooks-proxy")


class Client(asyncio.Protocol):
    """The client's side; it owns the connection."""

    def __init__(self, server: Server) -> None:
        self.valve = Valve()
        self.backend: Backend | None = None
        self.session: Session | None = None
        self.stop = asyncio.Event()  # the client does not want to wait any longer for QuickBooks
        self.is_gone = False
        self._server = server
        self._opening: Opening | None = Opening(offers_tls=server.tls is not None)
        self._tls: Tls | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.valve.attach(self._transport)
        if not self._server.enter(self):
            self.end()
            return
        self._timer = asyncio.get_running_loop().call_later(self._server.limits.startup_s, self._too_late)

    def data_received(self, data: bytes) -> None:
        try:
            if self._tls:
                data, answer = self._tls.receive(data)
                self._write_raw(answer)
        except ssl.SSLError as error:
            self._refused(f"TLS: {error.reason or error}")
            return
        if data and self._opening:
            self._open(data)
        elif data:
            self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        try:
            if self.session:
                self.session.from_client(data)
            elif self.backend:
                self.backend.write(data)
        except NotTheProtocol as error:
            self.end(fatal("08P01", str(error)))

    def _open(self, data: bytes) -> None:
        """The first packets, until the session begins."""
        while self._opening:
            match self._opening.feed(data):
                case Wait():
                    return
                case Answer(reply):
                    self.write(reply)
                    data = b""
                case Encrypt(reply, handshake, direct):
                    assert self._server.tls is not None
                    self._write_raw(reply)
                    self._tls = Tls(self._server.tls, direct=direct)
                    if handshake:
                        self.data_received(handshake)
                    return
                case Cancel(packet):
                    self._opened()
                    self._server.cancel(packet, self)
                case Begin(packet, rest):
                    self._opened()
                    self._begin(packet, rest)
                case Refuse(words):
                    self._refused(words)
                    return

    def _opened(self) -> None:
        self._opening = None
        if self._timer:
            self._timer.cancel()

    def _begin(self, packet: bytes, rest: bytes) -> None:
        # Only here, after all questions about encryption, does a client read what it is told.
        if not self._server.admit(self):
            self.end(fatal("53300", "sorry, too many clients already"))
            return
        self.backend = Backend(self)
        self.session = self._server.session(self, startup_parameters(packet))
        self.backend.write(packet)
        self._server.connect(self.backend)
        if rest:
            self._pass_on(rest)

    @property
    def address(self) -> str:
        """The client's, empty on a socket."""
        peer = self._transport.get_extra_info("peername") if self._transport else None
        return str(peer[0]) if isinstance(peer, tuple) else ""

    def hold(self, is_held: bool) -> None:
        """Nothing more is read while a statement of the client's is under way."""
        if is_held:
            self.valve.shut("statement")
        else:
            self.valve.open("statement")

    def write(self, data: bytes) -> None:
        """To the client."""
        self._write_raw(self._tls.send(data) if self._tls and data else data)

    def _write_raw(self, data: bytes) -> None:
        if data and self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def end(self, words: bytes = b"") -> None:
        """Says the last words, and closes when they are sent."""
        self.write(words)
        if self._transport:
            self._transport.close()

    def pause_writing(self) -> None:
        if self.backend:
            self.backend.valve.shut("client")

    def resume_writing(self) -> None:
        if self.backend:
            self.backend.valve.open("client")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._opened()
        self.is_gone = True
        self._server.leave(self)
        if self.backend:
            self.backend.close()

    def _refused(self, words: str) -> None:
        log.info("a connection is refused: %s", words)
        self.end()

    def _too_late(self) -> None:
        self._refused("no startup packet in time")


class Backend(asyncio.Protocol):
    """Postgres' side. What is written before it is connected waits, and the client with it."""

    def __init__(self, client: Client) -> None:
        self.valve = Valve()
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._waiting = b""
        self._is_closed = False
        client.valve.shut("connecting")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.valve.attach(self._transport)
        if self._is_closed:
            self._transport.close()
            return
        self._transport.write(self._waiting)
        self._waiting = b""
        self._client.valve.open("connecting")

    def data_received(self, data: bytes) -> None:
        if session := self._client.session:
            session.from_server(data)
        else:
            self._client.write(data)

    def write(self, data: bytes) -> None:
        """To Postgres."""
        if self._transport is None:
            self._waiting += data
        elif not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """The client is gone."""
        self._is_closed = True
        if self._transport:
            self._transport.close()

    def failed(self, words: str) -> None:
        """Postgres cannot be reached."""
        self._client.end(fatal("08006", f"[QuickBooks] Postgres cannot be reached by the proxy: {words}"))

    def pause_writing(self) -> None:
        self._client.valve.shut("backend")

    def resume_writing(self) -> None:
        self._client.valve.open("backend")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._client.end()


class Canceller(asyncio.Protocol):
    """Hands a request to cancel to Postgres. Its client may go when Postgres has read it."""

    def __init__(self, packet: bytes, client: Client) -> None:
        self._packet = packet
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._packet)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._client.end()
