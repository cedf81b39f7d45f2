"""The loopback end of the consent page: waits for the one redirect that carries our state."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from quickbooks_core.client.oauth import SCOPE
from quickbooks_core.command.failure import CommandFailed
from quickbooks_core.settings import Connection

PATH = "/callback"
_PAGE = "<!doctype html><meta charset=utf-8><title>QuickBooks</title><p>{}</p>"


@dataclass(frozen=True)
class Consent:
    """What the redirect brings."""

    code: str
    realm_id: str

    def __repr__(self) -> str:
        return f"Consent(realm_id={self.realm_id!r})"  # the code is a secret


class Loopback:
    """Listens on this machine only."""

    def __init__(self, port: int) -> None:
        self.state = secrets.token_urlsafe(32)
        self._found: Consent | CommandFailed | None = None
        try:
            self._server = HTTPServer(("127.0.0.1", port), self._handler())
        except OSError as failure:
            raise CommandFailed(
                f"port {port} cannot be used ({failure.strerror}). Give another one with --port, "
                "and add the redirect URI it gives to the app."
            ) from None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    def wait(self, timeout_s: float) -> Consent:
        """The consent; raises CommandFailed when it was refused or did not come."""
        deadline = time.monotonic() + timeout_s
        self._server.timeout = 1
        try:
            while self._found is None and time.monotonic() < deadline:
                self._server.handle_request()
        finally:
            self._server.server_close()
        if self._found is None:
            raise CommandFailed(f"nobody consented within {timeout_s:g} s. Run: quickbooks connect")
        if isinstance(self._found, CommandFailed):
            raise self._found
        return self._found

    def _receive(self, path: str) -> tuple[int, str]:
        """Status and words for the browser."""
        parts = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != PATH:
            return 404, "Nothing is here."
        if not secrets.compare_digest(given.get("state", "").encode(), self.state.encode()):
            # Not our redirect: somebody else's page may have sent the browser here.
            return 400, "This answer does not belong to the connection that was asked for."
        if "error" in given:
            self._found = CommandFailed(
                "the connection was refused on QuickBooks' page. Run: quickbooks connect"
            )
            return 200, "Not connected."
        if not given.get("code") or not given.get("realmId", "").isdigit():
            return 400, "The answer lacks its code or its company."
        self._found = Consent(given["code"], given["realmId"])
        return 200, "Connected. You can close this window and go back to the terminal."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receive = self._receive

        class Handler(BaseHTTPRequestHandler):
            timeout = 5  # a connection that says nothing must not block the redirect

            def do_GET(self) -> None:
                status, words = receive(self.path)
                page = _PAGE.format(words).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing: the path holds the code."""

        return Handler


def consent_url(connection: Connection, redirect_uri: str, state: str) -> str:
    """The page on which a person consents."""
    query = {
        "client_id": connection.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{connection.authorize_url}?{urlencode(query)}"
