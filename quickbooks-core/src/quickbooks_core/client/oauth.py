"""Intuit's token endpoints: exchange a code, refresh, revoke."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
import requests

from quickbooks_core.errors import (
    Busy,
    NotConfigured,
    QuickBooksError,
    Reconnect,
    Throttled,
    Unreachable,
    WrongCredentials,
)
from quickbooks_core.settings import Connection

SCOPE = "com.intuit.quickbooks.accounting"
_TIMEOUT_S = (10, 60)


@dataclass(frozen=True)
class Grant:
    """What the token endpoint gives. Moments are seconds since 1970."""

    access_token: str
    refresh_token: str
    access_until: float
    refresh_until: float

    def __repr__(self) -> str:
        return "Grant(...)"  # never a token in a log or a traceback


class TokenEndpoint:
    """Speaks with Intuit's authorization server, as our app."""

    def __init__(
        self,
        connection: Connection,
        session: requests.Session,
        clock: Callable[[], float] = time.time,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self._connection = connection
        self._session = session
        self._clock = clock
        self._count = count or (lambda _: None)

    def exchange(self, code: str, redirect_uri: str) -> Grant:
        """Turns the code of the consent page into tokens."""
        return self._ask({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    def refresh(self, refresh_token: str) -> Grant:
        """New tokens; the refresh token may be another one from now on."""
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke(self, token: str) -> None:
        """Ends the connection of the company."""
        answer = self._post(self._connection.revoke_url, json={"token": token})
        if answer.status_code != 200:
            raise _refusal(answer)

    def _ask(self, form: Mapping[str, str]) -> Grant:
        answer = self._post(self._connection.token_url, data=form)
        if answer.status_code != 200:
            raise _refusal(answer)
        given = _object(answer)
        access, refresh = given.get("access_token"), given.get("refresh_token") or form.get("refresh_token")
        if not isinstance(access, str) or not isinstance(refresh, str):
            raise Busy("Intuit's token endpoint answered without tokens", intuit_tid=_tid(answer), status=200)
        now = self._clock()
        return Grant(
            access,
            refresh,
            now + _seconds(given.get("expires_in"), 3600),
            now + _seconds(given.get("x_refresh_token_expires_in"), 100 * 86400),
        )

    def _post(
        self, url: str, data: Mapping[str, str] | None = None, json: Mapping[str, str] | None = None
    ) -> requests.Response:
        self._count("oauth")
        credentials = (self._connection.client_id, self._connection.client_secret)
        headers = {"Accept": "application/json"}
        try:
            return self._session.post(
                url, data=data, json=json, auth=credentials, headers=headers, timeout=_TIMEOUT_S,
                allow_redirects=False,
            )  # fmt: skip
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as failure:
            raise Unreachable(f"Intuit's token endpoint gave no answer ({type(failure).__name__})") from None
        except requests.RequestException as failure:
            raise NotConfigured(f"The token endpoint cannot be asked ({type(failure).__name__})") from None


def _refusal(answer: requests.Response) -> QuickBooksError:
    given = _object(answer)
    code = str(given.get("error", ""))
    kind: type[QuickBooksError]
    if code == "invalid_client" or (answer.status_code == 401 and code != "invalid_grant"):
        kind, message = WrongCredentials, "Intuit does not accept the client id and secret"
    elif code == "invalid_grant":
        kind, message = Reconnect, "Intuit no longer accepts the connection: it has expired or been revoked"
    elif answer.status_code == 429:
        kind, message = Throttled, "Intuit's token endpoint is throttled"
    elif answer.status_code >= 500:
        kind, message = Busy, "Intuit's token endpoint has a problem"
    else:
        kind, message = WrongCredentials, "Intuit's token endpoint refused the request"
    return kind(message, code=code, intuit_tid=_tid(answer), status=answer.status_code)


def _object(answer: requests.Response) -> dict[str, object]:
    try:
        given = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _tid(answer: requests.Response) -> str:
    return str(answer.headers.get("intuit_tid", ""))


def _seconds(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
