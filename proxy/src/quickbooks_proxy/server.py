"""Listens, admits clients within the limits, connects each to Postgres, and ends in good order."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from quickbooks_proxy.messages import fatal
from quickbooks_proxy.relay import Backend, Canceller, Client
from quickbooks_proxy.settings import Place

log = logging.getLogger("quickbooks-proxy")
# How many connections may be about to say what they want, or to cancel something.
_BESIDE = 100
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

    def __init__(self, upstream: Place, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self.limits = limits
        self.tls = tls
        self._upstream = upstream
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
        for client in list(self._clients):
            client.end(_SHUTDOWN)
        await self._ended()

    async def _ended(self) -> None:
        """Until all connections are closed, or for as long as it may take."""
        deadline = asyncio.get_running_loop().time() + self.limits.shutdown_s
        while self._clients and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)

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

    def cancel(self, packet: bytes, client: Client) -> None:
        """Passes on a request to cancel; as in Postgres, nobody is told what has become of it."""
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
