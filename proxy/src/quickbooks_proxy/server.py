"""Listens, admits clients within the limits, connects each to Postgres, and ends in good order."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass

from quickbooks_proxy.asking import Ask
from quickbooks_proxy.desk import Desk
from quickbooks_proxy.messages import fatal
from quickbooks_proxy.relay import Backend, Canceller, Client
from quickbooks_proxy.session import Mirror, Session, Ways
from quickbooks_proxy.settings import Place, Upstream

log = logging.getLogger("quickbooks-proxy")
# How many connections may be about to say what they want, or to cancel something.
_BESIDE = 100
_LOOK_S = 0.02
_SHUTDOWN = fatal("57P01", "terminating connection due to administrator command")


@dataclass(frozen=True)
class Limits:
    """How many connections, how long one may take to say what it wants, how long the end may take."""

    connections: int = 1000
    startup_s: float = 60.0
    connect_s: float = 10.0
    shutdown_s: float = 60.0


class Server:
    """All connections of one proxy."""

    def __init__(
        self, upstream: Upstream, limits: Limits, tls: ssl.SSLContext | None, mirror: Mirror, desk: Desk
    ) -> None:
        self.limits = limits
        self.tls = tls
        self._upstream = upstream.place
        self._database = upstream.database
        self._mirror = mirror
        self._desk = desk
        self._clients: set[Client] = set()
        self._sessions: set[Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self, place: Place) -> Place:
        """Begins to take connections; the place with the port that it got. Raises OSError."""
        loop = asyncio.get_running_loop()
        if place.path:
            place.path.unlink(missing_ok=True)
            self._listener = await loop.create_unix_server(lambda: Client(self), place.path)
            return place
        self._listener = await loop.create_server(lambda: Client(self), place.host, place.port)
        return Place(place.host, self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Nobody new; those who are there are sent away."""
        if self._listener:
            self._listener.close()
        deadline = asyncio.get_running_loop().time() + self.limits.shutdown_s
        while self._clients and asyncio.get_running_loop().time() < deadline:
            for client in list(self._clients):
                if not client.session or not client.session.is_writing:
                    client.end(_SHUTDOWN if client.session and client.session.is_at_rest else b"")
            await asyncio.sleep(_LOOK_S)
        for client in list(self._clients):
            client.end()

    def enter(self, client: Client) -> bool:
        """Whether it may say what it wants; those who only want to cancel something are more than the limit allows."""
        if len(self._clients) >= self.limits.connections + _BESIDE:
            return False
        self._clients.add(client)
        return True

    def admit(self, client: Client) -> bool:
        """Whether there is room for one more session."""
        if len(self._sessions) >= self.limits.connections:
            log.warning("more than %s connections", self.limits.connections)
            return False
        self._sessions.add(client)
        return True

    def leave(self, client: Client) -> None:
        """A client is gone."""
        self._clients.discard(client)
        self._sessions.discard(client)

    def connect(self, backend: Backend) -> None:
        """Opens the way to Postgres."""
        self._start(self._connected(lambda: backend, backend.failed))

    def session(self, client: Client, parameters: Mapping[str, str]) -> Session | None:
        """The session of a client of the mirror's database; others are none of ours, nor is replication."""
        backend = client.backend
        if not backend or parameters.get("replication"):
            return None
        if (parameters.get("database") or parameters.get("user")) != self._database:
            return None

        def ask(question: Ask) -> None:
            self._start(self._answered(client, question))

        ways = Ways(client.write, backend.write, ask, client.hold)
        return Session(self._mirror, ways, parameters, client.address)

    async def _answered(self, client: Client, question: Ask) -> None:
        client.stop.clear()
        answer = await self._desk.answer(question, client.stop)
        if client.session and not client.is_gone:
            client.session.resume(answer)

    def cancel(self, packet: bytes, client: Client) -> None:
        """Passes on a request to cancel; as in Postgres, nobody is told what has become of it."""
        for other in self._sessions:
            if other.session and other.session.is_asking and other.session.key == packet[8:]:
                other.stop.set()
                client.end()
                return
        self._start(self._connected(lambda: Canceller(packet, client), lambda _: client.end()))

    async def _connected(
        self, protocol: Callable[[], asyncio.Protocol], failed: Callable[[str], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.connect_s):
                if path := self._upstream.path:
                    await loop.create_unix_connection(protocol, str(path))
                else:
                    await loop.create_connection(protocol, self._upstream.host, self._upstream.port)
        except OSError as error:  # TimeoutError is one
            failed(error.strerror or type(error).__name__)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
