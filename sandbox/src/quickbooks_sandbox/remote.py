"""A running sandbox from outside: its control plane as methods, its credentials as values. No more than HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_PATIENCE_S = 300  # generating a million objects is one request


class ControlRefused(ValueError):
    """The control plane does not do that; the message is its own."""


@dataclass(frozen=True)
class Credentials:
    """What a program needs to work with the company, as after the consent page."""

    client_id: str
    client_secret: str
    realm_id: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True)
class Remote:
    """A sandbox by its address."""

    url: str

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are exchanged."""
        return f"{self.url}/oauth2/v1/tokens/bearer"

    @property
    def authorize_url(self) -> str:
        """The consent page."""
        return f"{self.url}/connect/oauth2"

    @property
    def revoke_url(self) -> str:
        """Where a connection is given up."""
        return f"{self.url}/v2/oauth2/tokens/revoke"

    def connect(self) -> Credentials:
        """New credentials for the company."""
        return Credentials(**self.control("connect"))

    def control(self, action: str, /, **values: Any) -> Any:
        """Tell the control plane something; its answer as JSON. Raises ControlRefused."""
        return self._asked(action, json.dumps(values).encode())

    def look(self, what: str) -> Any:
        """Ask the control plane something; its answer as JSON. Raises ControlRefused."""
        return self._asked(what, None)

    def _asked(self, action: str, body: bytes | None) -> Any:
        request = Request(f"{self.url}/sandbox/{action}", body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=_PATIENCE_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            words = error.read().decode(errors="replace")
            raise ControlRefused(f"/sandbox/{action} answers {error.code}: {words}") from None
