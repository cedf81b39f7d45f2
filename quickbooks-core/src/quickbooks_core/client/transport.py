"""Sends one HTTP request, and says what a failure proves: it never left, or nobody knows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

# Intuit cuts requests off at 120 seconds.
_TIMEOUT_S = (10, 130)
# Where there is no such clock, the other one goes on while the machine sleeps.
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_time() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(_BOOT)


@dataclass(frozen=True)
class Received:
    """A whole answer, whatever it says."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class NeverSent(Exception):
    """The connection was never made, so nothing can have been done."""


class Lost(Exception):
    """The request may have arrived; its answer did not."""


def new_session(connections: int) -> requests.Session:
    """A session that many threads may use at once."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # The cookie jar is the one part of a session that threads would share and change.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "quickbooks-postgres"
    return session


def send(
    session: requests.Session,
    method: str,
    url: str,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes | None,
    auth: AuthBase,
) -> Received:
    """The whole answer; raises NeverSent or Lost, with the kind of failure and never with what was sent."""
    try:
        with session.request(
            method, url, params=params, headers=headers, data=body, auth=auth,
            timeout=_TIMEOUT_S, allow_redirects=False, stream=True,
        ) as response:  # fmt: skip
            # In as few pieces as they come in: requests takes 10 kB at a time, and before each piece a thread waits
            # for its turn behind the one that works on the page before.
            content: bytes = response.raw.read(decode_content=True)
            return Received(response.status_code, response.headers, content)
    except requests.RequestException as failure:
        kind = type(failure).__name__
        raise (NeverSent(kind) if _never_left(failure) else Lost(kind)) from None
    except HTTPError as failure:
        raise Lost(type(failure).__name__) from None


def _never_left(failure: requests.RequestException) -> bool:
    if isinstance(failure, requests.ConnectTimeout) or "CERTIFICATE_VERIFY_FAILED" in str(failure):
        return True
    cause = failure.args[0] if failure.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
