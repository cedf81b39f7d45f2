"""The gateway: limits, latency, ordered failures and tokens come before any work of the company."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from quickbooks_sandbox import faults
from quickbooks_sandbox.answers import Answers, forbidden, throttled, unauthorized
from quickbooks_sandbox.clock import utc
from quickbooks_sandbox.entitlements import entitlements
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.playing import played
from quickbooks_sandbox.routes import company_work
from quickbooks_sandbox.service import Service
from quickbooks_sandbox.uploads import content

_KINDS = {"query": "query", "cdc": "cdc", "batch": "batch", "reports": "report"}
_LONGEST_TOKEN, _SHORTEST_TOKEN = 4096, 20
_Work = Callable[[Service, Request, bytes, Answers], Response]


async def company_request(request: Request) -> Response:
    """Everything below /v3/company/{realm}."""
    return await _served(request, _KINDS.get(request.path_params["path"].partition("/")[0]), company_work)


async def entitlements_request(request: Request) -> Response:
    """The entitlements, which have an address and a dialect of their own."""
    return await _served(request, "read", _entitlements)


async def attachment_request(request: Request) -> Response:
    """A file at its temporary address, where no token is asked for."""
    service: Service = request.app.state.service
    id, expires = request.path_params["id"], request.query_params.get("Expires", "0")
    found = await run_in_threadpool(
        content, service.company, id, expires, request.query_params.get("Signature", "")
    )
    if found is None:
        return Response("AccessDenied: Request has expired", 403, {"Content-Type": "text/plain"})
    return Response(found[1], 200, {"Content-Type": found[0]})


async def _served(request: Request, kind: str | None, work: _Work) -> Response:
    """Limits, latency, ordered failures and tokens come before the work."""
    service: Service = request.app.state.service
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    kind = kind or ("read" if request.method == "GET" else "write")
    at = utc(service.clock.time())
    line = service.journal.note(kind, request.method, target, at, request.query_params.get("requestid", ""))
    if not service.throttle.enter(kind):
        return _noted(service, line, throttled(service.switches["throttle_body"] == "json"))
    try:
        body = await request.body()
        response = await _worked(service, request, body, line, work)
        return _noted(service, line, response)
    finally:
        service.throttle.leave()


async def _worked(
    service: Service, request: Request, body: bytes, line: dict[str, Any], work: _Work
) -> Response:
    if service.latency_s:
        await asyncio.sleep(service.latency_s)
    answers = Answers(service.clock, _wants_json(service, request))
    order = service.orders.take(line)
    if order and order.kind == "expired_token":
        service.tokens.expire_access()

    async def answered() -> Response:
        refused = _refused(service, request)
        if refused is not None:
            return refused
        return await run_in_threadpool(_guarded, work, service, request, body, answers)

    return await played(order, request, answers, answered)


def _guarded(work: _Work, service: Service, request: Request, body: bytes, answers: Answers) -> Response:
    try:
        return work(service, request, body, answers)
    except Fault as fault:
        return answers.fault(fault)


def _noted(service: Service, line: dict[str, Any], response: Response) -> Response:
    line["status"] = response.status_code
    service.journal.statuses[str(response.status_code)] += 1
    return response


def _refused(service: Service, request: Request) -> Response | None:
    """What the gateway says of the token and the company."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return unauthorized("oauth_token", "3202")
    if not _SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN:
        return unauthorized("Malformed bearer token: too short or too long")
    if not service.tokens.accepts(token):
        return unauthorized(f"Token expired: {token[:4]}")
    return forbidden() if request.path_params["realm"] != service.realm_id else None


def _wants_json(service: Service, request: Request) -> bool:
    accept = request.headers.get("accept", "*/*")
    if "json" in accept:
        return True
    return "xml" not in accept and service.switches["default_format"] == "json"


def _entitlements(_service: Service, request: Request, _body: bytes, _answers: Answers) -> Response:
    if request.method != "GET":
        raise faults.unsupported(request.method)
    return Response(entitlements(), 200, {"Content-Type": "application/xml"})
