"""The addresses of the API: from a request to an operation of the company, and back to an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from quickbooks_core.catalog import Entity, Operation, Reading, by_resource
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.answers import Answers, forbidden, throttled, unauthorized
from quickbooks_sandbox.clock import utc
from quickbooks_sandbox.entitlements import entitlements
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document, read, received, write
from quickbooks_sandbox.oauth import REALM_ID
from quickbooks_sandbox.query.answer import answer, own_url_page
from quickbooks_sandbox.reading import DEEPEST, depth_of
from quickbooks_sandbox.service import Service

_KINDS = {"query": "query", "cdc": "cdc", "batch": "batch", "reports": "report"}
_LONGEST_TOKEN, _SHORTEST_TOKEN = 4096, 20
_Work = Callable[[Service, Request, bytes, Answers], Response]


class Broken(Exception):
    """The connection breaks here: an answer that never arrives."""


async def company_request(request: Request) -> Response:
    """Everything below /v3/company/{realm}."""
    return await _served(request, _KINDS.get(request.path_params["path"].partition("/")[0]), _company)


async def entitlements_request(request: Request) -> Response:
    """The entitlements, which have an address and a dialect of their own."""
    return await _served(request, "read", _entitlements)


async def _served(request: Request, kind: str | None, work: _Work) -> Response:
    """Limits, latency, ordered failures and tokens come before the work."""
    service: Service = request.app.state.service
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    kind = kind or ("read" if request.method == "GET" else "write")
    at = utc(service.clock.time())
    line = service.journal.note(kind, request.method, target, at, request.query_params.get("requestid", ""))
    if not service.throttle.enter():
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
    failure = service.journal.failure_for(line)
    if failure in _FAILED:
        return _FAILED[failure](answers)
    if failure == "reset_before":
        raise Broken
    refused = _refused(service, request)
    if refused is not None:
        return refused
    response = await run_in_threadpool(_guarded, work, service, request, body, answers)
    if failure == "reset_after":
        raise Broken
    return response


def _guarded(work: _Work, service: Service, request: Request, body: bytes, answers: Answers) -> Response:
    try:
        return work(service, request, body, answers)
    except Fault as fault:
        return answers.fault(fault)


def _noted(service: Service, line: dict[str, Any], response: Response) -> Response:
    line["status"] = response.status_code
    service.journal.statuses[str(response.status_code)] += 1
    return response


_FAILED: dict[str | None, Callable[[Answers], Response]] = {
    "500": lambda answers: answers.fault(faults.system()),
    "503": lambda _: Response("Service Unavailable", 503, {"Retry-After": "1"}),
    "429": lambda _: throttled(False),
    "401": lambda _: unauthorized("Token expired: AB01"),
}


def _refused(service: Service, request: Request) -> Response | None:
    """What the gateway says of the token and the company."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return unauthorized("oauth_token", "3202")
    if not _SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN:
        return unauthorized("Malformed bearer token: too short or too long")
    if not service.tokens.accepts(token):
        return unauthorized(f"Token expired: {token[:4]}")
    return forbidden() if request.path_params["realm"] != REALM_ID else None


def _wants_json(service: Service, request: Request) -> bool:
    accept = request.headers.get("accept", "*/*")
    if "json" in accept:
        return True
    return "xml" not in accept and service.switches["default_format"] == "json"


def _entitlements(_service: Service, request: Request, _body: bytes, _answers: Answers) -> Response:
    if request.method != "GET":
        raise _no_such_address(request)
    return Response(entitlements(), 200, {"Content-Type": "application/xml"})


def _company(service: Service, request: Request, body: bytes, answers: Answers) -> Response:
    resource, _, rest = request.path_params["path"].strip("/").partition("/")
    if resource == "query":
        return answers.envelope("QueryResponse", _queried(service, request, body))
    entity = by_resource(resource)
    if entity is None or not entity.has_table or "/" in rest:
        raise _no_such_address(request)
    if request.method == "GET":
        return _read(service, entity, rest, request, answers)
    if request.method == "POST" and not rest:
        return _write(service, entity, request, body, answers)
    raise _no_such_address(request)


def _queried(service: Service, request: Request, body: bytes) -> str:
    text = request.query_params.get("query") or (body.decode() if request.method == "POST" else "")
    if not text.strip():
        raise faults.query_parser(" <EOF> ", 0, 0)
    return answer(text, service.store, service.switches, service.clock)


def _read(service: Service, entity: Entity, id: str, request: Request, answers: Answers) -> Response:
    if not entity.can(Operation.READ):
        raise faults.unsupported(f"read {entity.name.lower()}")
    if entity.name == "ExchangeRate":
        raise faults.not_found()
    if id:
        its_own = (
            entity.name == "CompanyInfo" and id == REALM_ID
        )  # a company may be asked for by its realm id
        return answers.envelope(entity.key, service.company.read(entity, "1" if its_own else id))
    if entity.reading is Reading.OWN_URL:
        return answers.bare(f'{{"QueryResponse":{_list(service, entity, request)}}}')
    if entity.name == "Preferences":
        return answers.envelope(entity.key, service.company.read(entity, "1"))
    raise _no_such_address(request)


def _list(service: Service, entity: Entity, request: Request) -> str:
    rows = service.store.rows("select body from document where entity = ? order by rowid", (entity.name,))
    found = [(read(body), body) for (body,) in rows]
    wanted = {key: request.query_params[key] for key in ("level", "code") if key in request.query_params}
    kept = [body for document, body in found if wanted.items() <= document.items()]
    return own_url_page(entity.key, kept)


def _write(service: Service, entity: Entity, request: Request, body: bytes, answers: Answers) -> Response:
    document = _document(body)
    operation = request.query_params.get("operation", "").lower()
    included = frozenset(request.query_params.get("include", "").lower().split(","))
    company = service.company
    if operation == "delete":
        return answers.envelope(entity.key, write(company.delete(entity, _inner(entity, document))))
    if operation == "void" or "void" in included:
        return answers.envelope(entity.key, company.void(entity, document))
    if operation not in ("", "create", "update"):
        raise faults.unsupported(operation)
    done = company.update if document.get("Id") else company.create
    return answers.envelope(entity.key, done(entity, document, included))


def _inner(entity: Entity, document: Document) -> Document:
    """A recurring transaction is named by what it wraps."""
    wrapped = [value for value in document.values() if isinstance(value, dict) and "Id" in value]
    return wrapped[0] if entity.wrapped and wrapped else document


def _document(body: bytes) -> Document:
    try:
        document = received(body)
    except ValueError:
        raise refusals.unreadable() from None
    if not isinstance(document, dict) or depth_of(document) > DEEPEST:
        raise refusals.unreadable()
    return document


def _no_such_address(request: Request) -> Fault:
    path = request.url.path
    return faults.unsupported(
        f"Could not find resource for relative : {path} of full path: https://sandbox.qbo.intuit.com{path}"
    )
