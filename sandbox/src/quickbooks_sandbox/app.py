"""The web application: which address is answered by what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from quickbooks_sandbox.api import attachment_request, company_request, entitlements_request
from quickbooks_sandbox.consent import consent_page, discovery, revoke_request, token_request, user_info
from quickbooks_sandbox.control import control_request
from quickbooks_sandbox.service import Service


def new_app(service: Service) -> Starlette:
    """The sandbox as an ASGI application."""
    app = Starlette(
        routes=[
            Route("/v3/company/{realm}/{path:path}", company_request, methods=["GET", "POST"]),
            Route("/manage/entitlements/v3/{realm}", entitlements_request, methods=["GET"]),
            Route("/attachments/{id}/{name:path}", attachment_request, methods=["GET"]),
            Route("/connect/oauth2", consent_page, methods=["GET", "POST"]),
            Route("/oauth2/v1/tokens/bearer", token_request, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", revoke_request, methods=["POST"]),
            Route("/v1/openid_connect/userinfo", user_info),
            Route("/.well-known/openid_configuration", discovery),
            Route("/.well-known/openid_sandbox_configuration", discovery),
            Route("/sandbox/{action}", control_request, methods=["GET", "POST"]),
        ],
        exception_handlers={404: _not_found},
    )
    app.state.service = service
    return app


async def _not_found(request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"no such address: {request.url.path}", 404)
