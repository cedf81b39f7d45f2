"""The one way to speak with QuickBooks: throttled, counted, with fresh tokens, retried where that is safe."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

import requests
from requests.auth import AuthBase

from quickbooks_core.client.answer import Answer, answer_time
from quickbooks_core.client.faults import not_asked_for, refusal
from quickbooks_core.client.oauth import TokenEndpoint
from quickbooks_core.client.retry import wait_s
from quickbooks_core.client.stores import Store
from quickbooks_core.client.throttle import IN_FLIGHT, Lane, NoThrottle, Throttle
from quickbooks_core.client.tokens import Tokens
from quickbooks_core.client.transport import Lost, NeverSent, Received, boot_time, new_session, send
from quickbooks_core.errors import Busy, OutcomeUnknown, QuickBooksError, Throttled, TooLate, Unreachable
from quickbooks_core.settings import Connection

MINOR_VERSION = "75"
_LONGEST_QUERY_IN_URL = 3000
_KINDS = {"query": "query", "cdc": "cdc", "batch": "batch", "reports": "report"}


@dataclass(frozen=True)
class Request:
    """One request, without its token."""

    method: str
    url: str
    kind: str
    lane: Lane
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    before: float | None = None


class _Bearer(AuthBase):
    """Sets the token as `auth`, because otherwise requests would prefer an entry of ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared


class Client:
    """One company's QuickBooks; threads may share it."""

    def __init__(
        self,
        connection: Connection,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        connection.require("client_id", "client_secret", "realm_id")
        self.connection = connection
        self._store = store
        self._clock = clock
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._chance = chance
        self._calls: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._session = new_session(IN_FLIGHT)
        endpoint = TokenEndpoint(connection, self._session, clock, self._count)
        self.tokens = Tokens(connection, store, endpoint, clock)
        company = f"{connection.environment}-{connection.realm_id}"
        self._throttle: Throttle | NoThrottle = (
            NoThrottle() if connection.throttle == "off" else Throttle(store, company, clock, self._sleep)
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends waiting retries of all threads, and gives back connections."""
        self._closed.set()
        self._session.close()
        self._store.close()

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far by kind: query, read, cdc, batch, report, write, oauth."""
        with self._counting:
            return dict(self._calls)

    def query(self, statement: str) -> Answer:
        """Asks in QuickBooks' query language."""
        if len(statement) <= _LONGEST_QUERY_IN_URL:
            return self.get("query", {"query": statement})
        headers = {"Accept": "application/json", "Content-Type": "application/text"}
        url = f"{self.connection.company_url}/query"
        params = {"minorversion": MINOR_VERSION}
        return self._answer(Request("POST", url, "query", Lane.READ, params, headers, statement.encode()))

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        base: str | None = None,
    ) -> Answer:
        """Reads; `base` is another base than the company's objects, such as that of the entitlements."""
        return self._answer(
            Request(
                "GET",
                self._url(path, base),
                _KINDS.get(path.partition("/")[0], "read"),
                Lane.READ,
                {**(params or {}), "minorversion": MINOR_VERSION},
                {"Accept": accept},
            )
        )

    def post(
        self,
        path: str,
        body: bytes,
        params: Mapping[str, str] | None = None,
        *,
        request_id: str = "",
        repeatable: bool = False,
        content_type: str = "application/json",
        before: float | None = None,
    ) -> Answer:
        """Writes. A lost answer is OutcomeUnknown, unless the caller vouches that the same bytes may go twice.

        `before` is a moment of `boot_time()` after which its first byte does not leave any more: it raises TooLate.
        `repeatable` needs a `request_id`, and more than that for creations: QuickBooks may forget request ids.
        """
        if repeatable and not request_id:
            raise ValueError("a write without request_id cannot be repeated")
        named = {"requestid": request_id} if request_id else {}
        kind = "batch" if path == "batch" else "write"
        return self._answer(
            Request(
                "POST",
                self._url(path, None),
                kind,
                _write_lane(path),
                {**(params or {}), **named, "minorversion": MINOR_VERSION},
                {"Accept": "application/json", "Content-Type": content_type},
                body,
                repeatable,
                before,
            )
        )

    def wait_to_post(self, path: str, near_s: float) -> None:
        """Until a write made now would leave within so long, so that what is noted for it is not noted too early."""
        self._throttle.wait_until_near(_write_lane(path), near_s)

    def batch_of_queries(self, body: bytes) -> Answer:
        """A batch that only reads, so it may be repeated. Items may have faults of their own."""
        return self._answer(
            Request(
                "POST",
                self._url("batch", None),
                "batch",
                Lane.BATCH_READ,
                {"minorversion": MINOR_VERSION},
                {"Accept": "application/json", "Content-Type": "application/json"},
                body,
            )
        )

    def _url(self, path: str, base: str | None) -> str:
        root = base or self.connection.company_url
        if not root.startswith(self.connection.api_url.rstrip("/") + "/"):
            raise ValueError("the token goes to QuickBooks only")
        return f"{root.rstrip('/')}/{path.lstrip('/')}".rstrip("/")

    def _answer(self, request: Request) -> Answer:
        """The answer, after as many attempts as are safe and patient."""
        attempt = 0
        while True:
            try:
                return self._with_token(request)
            except QuickBooksError as error:
                pause_s = wait_s(attempt, error, repeatable=request.repeatable, chance=self._chance())
                if pause_s is None or self._closed.is_set():
                    raise
                if isinstance(error, Throttled):
                    self._throttle.pause(pause_s)
            self._sleep(pause_s)
            if self._closed.is_set():
                raise Unreachable("The program is ending")
            attempt += 1

    def _with_token(self, request: Request) -> Answer:
        """One attempt; a refused token is renewed once, and the request sent once more."""
        token = self.tokens.access_token()
        began = self._clock()
        answer = self._send(request, token)
        if answer.status_code == 401:
            answer = self._send(request, self.tokens.renewed(token))
        took_s = self._clock() - began
        now = datetime.fromtimestamp(self._clock(), UTC)
        error = refusal(answer.status_code, answer.headers, answer.content, now)
        if error is None and _is_of_a_gateway(request, answer):
            error = not_asked_for(answer.headers, answer.status_code)
        if error is not None:
            raise self._judged(request, error)
        return Answer(
            answer.status_code,
            answer.content,
            answer_time(answer.content, answer.headers, now),
            answer.headers.get("intuit_tid", ""),
            max(took_s, 0.0),
        )

    def _judged(self, request: Request, error: QuickBooksError) -> QuickBooksError:
        """A write that ended in a problem of QuickBooks' own may have been done."""
        if request.lane in (Lane.READ, Lane.BATCH_READ) or not isinstance(error, Busy):
            return error
        return OutcomeUnknown(
            error.message,
            code=error.code,
            detail=error.detail,
            element=error.element,
            intuit_tid=error.intuit_tid,
            status=error.status,
            retry_after_s=error.retry_after_s,
        )

    def _send(self, request: Request, token: str) -> Received:
        with self._throttle.request(request.lane):
            if request.before is not None and boot_time() > request.before:
                raise TooLate("A request has waited for too long, and was not sent")
            self._count(request.kind)
            try:
                return send(
                    self._session, request.method, request.url, request.params, request.headers, request.body,
                    _Bearer(token),
                )  # fmt: skip
            except NeverSent as failure:
                raise Unreachable(f"QuickBooks cannot be reached ({failure})") from None
            except Lost as failure:
                if request.lane in (Lane.READ, Lane.BATCH_READ):
                    raise Unreachable(f"QuickBooks gave no answer ({failure})") from None
                raise OutcomeUnknown(f"The request was sent, and no answer came ({failure})") from None

    def _count(self, kind: str) -> None:
        with self._counting:
            self._calls[kind] += 1


def _write_lane(path: str) -> Lane:
    return Lane.BATCH_WRITE if path == "batch" else Lane.WRITE


def _is_of_a_gateway(request: Request, answer: Received) -> bool:
    """Whether a page of HTML came with HTTP 200 in place of JSON."""
    wanted = request.headers.get("Accept") == "application/json"
    return wanted and answer.content.lstrip()[:1] not in (b"{", b"[")
