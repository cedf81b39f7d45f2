"""The addresses of OAuth: the consent page, tokens, revocation, discovery, and who is asking."""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from quickbooks_sandbox.answers import Answers
from quickbooks_sandbox.clock import utc
from quickbooks_sandbox.oauth import (
    ACCESS_S,
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_S,
    Given,
    TokenRefused,
    Tokens,
)
from quickbooks_sandbox.playing import played
from quickbooks_sandbox.service import Service

_HARD_LIFE_S = 157_680_000
_PAGE = """<!doctype html><title>Connect to QuickBooks (sandbox)</title>
<h1>Connect to QuickBooks (sandbox)</h1>
<p>An app asks for access to <b>{company}</b>.</p>
<form method="post">{fields}
<button name="answer" value="allow">Connect</button> <button name="answer" value="deny">No thanks</button></form>"""


async def consent_page(request: Request) -> Response:
    """Asks a person, and sends the browser back with a code."""
    given = dict(request.query_params)
    if given.get("client_id") != CLIENT_ID or not given.get("redirect_uri"):
        return HTMLResponse("<h1>Sorry, but this app is not known here.</h1>", 400)
    if request.method == "GET":
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in given.items()
        )
        return HTMLResponse(
            _PAGE.format(fields=fields, company=escape(request.app.state.service.company_name))
        )
    form = await request.form()
    if form.get("answer") != "allow":
        return _back(given, {"error": "access_denied"})
    code = await run_in_threadpool(_tokens(request).code, given["redirect_uri"])
    return _back(given, {"code": code, "realmId": request.app.state.service.realm_id})


def _back(given: dict[str, str], answer: dict[str, str]) -> Response:
    state = {"state": given["state"]} if "state" in given else {}
    return RedirectResponse(f"{given['redirect_uri']}?{urlencode({**answer, **state})}", 302)


async def token_request(request: Request) -> Response:
    """Exchange and refresh; ordered failures come before or after them."""
    service: Service = request.app.state.service
    order = service.orders.take(_note(request))
    await request.form()  # read before the work, so that a reset answers a request that has come whole
    answers = Answers(service.clock, as_json=True)
    return await played(order, request, answers, lambda: _tokens_given(request))


async def _tokens_given(request: Request) -> Response:
    refused = _refused_app(request)
    if refused:
        return refused
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        given = await run_in_threadpool(_granted, _tokens(request), form)
    except TokenRefused as error:
        body = {"error": error.error, "error_description": error.description}
        return JSONResponse(body, error.status)
    hard = request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true"
    return JSONResponse(_answer(given, hard), headers={"Cache-Control": "no-cache, no-store"})


def _granted(tokens: Tokens, form: dict[str, str]) -> Given:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        return tokens.exchange(form.get("code", ""), form.get("redirect_uri", ""))
    if kind == "refresh_token":
        return tokens.refresh(form.get("refresh_token", ""))
    raise TokenRefused("unsupported_grant_type", "Unsupported grant type")


def _answer(given: Given, hard: bool) -> dict[str, Any]:
    extra = {"x_refresh_token_hard_expires_in": _HARD_LIFE_S} if hard else {}
    return {
        "token_type": "bearer",
        "access_token": given.access_token,
        "expires_in": ACCESS_S,
        "refresh_token": given.refresh_token,
        "x_refresh_token_expires_in": REFRESH_S,
        **extra,
    }


async def revoke_request(request: Request) -> Response:
    """Ends a connection; takes JSON or a form, as clients send both."""
    _note(request)
    refused = _refused_app(request)
    if refused:
        return refused
    is_json = "json" in request.headers.get("content-type", "")
    given = await request.json() if is_json else await request.form()
    known = await run_in_threadpool(_tokens(request).revoke, str(given.get("token", "")))
    return Response(status_code=200) if known else JSONResponse({"error": "invalid_request"}, 400)


async def user_info(request: Request) -> Response:
    """The person who consented."""
    _, _, token = request.headers.get("authorization", "").partition(" ")
    if not await run_in_threadpool(_tokens(request).accepts, token):
        return JSONResponse({"error": "invalid_token"}, 401)
    return JSONResponse({"sub": "00000000-0000-4000-8000-000000000001", "email": "noreply@quickbooks.com"})


async def discovery(request: Request) -> Response:
    """The addresses of the others."""
    base = str(request.base_url).rstrip("/")
    return JSONResponse(
        {
            "issuer": f"{base}/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{base}/op/v1/jwks",
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        }
    )


def _refused_app(request: Request) -> Response | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    known = scheme.lower() == "basic" and pair == f"{CLIENT_ID}:{CLIENT_SECRET}"
    return None if known else JSONResponse({"error": "invalid_client"}, 401)


def _tokens(request: Request) -> Tokens:
    service: Service = request.app.state.service
    return service.tokens


def _note(request: Request) -> dict[str, Any]:
    service: Service = request.app.state.service
    return service.journal.note("oauth", request.method, request.url.path, utc(service.clock.time()), "")
