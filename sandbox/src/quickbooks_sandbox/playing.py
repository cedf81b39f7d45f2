"""How an ordered failure comes about: an answer of the gateway, a connection that breaks, an answer that is late."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from quickbooks_sandbox import faults
from quickbooks_sandbox.answers import Answers, forbidden, throttled, unauthorized
from quickbooks_sandbox.orders import Order

_Answer = Callable[[Answers], Response]
# What the log shows of an answer that nobody gets.
_NEVER_SENT = 499
_PAGE = "<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"


async def played(
    order: Order | None, request: Request, answers: Answers, work: Callable[[], Awaitable[Response]]
) -> Response:
    """The answer to a request that an order may be for."""
    if order is None:
        return await work()
    kind, _, when = order.kind.partition("_")
    if order.kind in _INSTEAD:
        return _INSTEAD[order.kind](answers)
    if order.kind in ("slow", "expired_token"):  # the token is no good any more: the work finds out by itself
        await asyncio.sleep(order.delay_s)
        return await work()
    done = await work() if when == "after" else None
    if kind == "timeout":
        await _wait_for_the_client_to_go(request, order.delay_s)
        return _INSTEAD["504"](answers)
    if kind == "reset":
        _reset(request)
        return Response(status_code=_NEVER_SENT)
    return _cut(done) if kind == "cut" else _INSTEAD[kind](answers)


async def _wait_for_the_client_to_go(request: Request, longest_s: float) -> None:
    try:
        async with asyncio.timeout(longest_s):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


def _reset(request: Request) -> None:
    """Ends the connection at once, with a reset instead of a farewell."""
    transport = request.scope["state"]["transport"]
    own = transport.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _cut(done: Response | None) -> Response:
    """Half of an answer: the server closes the connection when it notices that the rest is missing."""
    body = bytes(done.body) if done else b""
    headers = {**(dict(done.headers) if done else {}), "content-length": str(len(body) + 1)}
    return StreamingResponse(iter([body[: len(body) // 2]]), 200, headers)


def _page(status: int) -> _Answer:
    return lambda _: Response(_PAGE, status, {"Content-Type": "text/html"})


_INSTEAD: dict[str, _Answer] = {
    "401": lambda _: unauthorized("Token expired: AB01"),
    "403": lambda _: forbidden(),
    "429": lambda _: throttled(False),
    "500": lambda answers: answers.fault(faults.system()),
    "502": _page(502),
    "503": lambda _: Response("Service Unavailable", 503, {"Retry-After": "1"}),
    "504": _page(504),
    "html": _page(200),
}
