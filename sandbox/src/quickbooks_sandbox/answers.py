"""HTTP answers in the service's dialects: envelopes, faults, the gateway's 401, 403 and 429, headers."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from quickbooks_sandbox.clock import Clock, stamp_ms
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import read, write
from quickbooks_sandbox.xml_text import as_xml

_HEADERS = {
    "Qbo-Version": "2026.1100",
    "Service-Time": "total=12, db=4",
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
    "Expires": "0",
}


class Answers:
    """Answers of one request: in JSON, or in XML for those who did not ask for JSON."""

    def __init__(self, clock: Clock, as_json: bool) -> None:
        self._clock = clock
        self.as_json = as_json

    def envelope(self, key: str, body: str) -> Response:
        """`{key: body, "time": ...}`; the body is text already."""
        return self.whole(self.text(key, body))

    def text(self, key: str, body: str) -> str:
        """The whole answer as text; without a key there is only the time."""
        member = f'"{key}":{body},' if key else ""
        return f'{{{member}"time":"{stamp_ms(self._clock.time())}"}}'

    def whole(self, text: str) -> Response:
        """An answer that is text already."""
        if self.as_json:
            return _response(text, 200, "application/json;charset=utf-8")
        return _response(as_xml(read(text)), 200, "application/xml;charset=utf-8")

    def bare(self, body: str) -> Response:
        """An answer without envelope key."""
        return _response(body, 200, "application/json;charset=utf-8")

    def fault(self, fault: Fault) -> Response:
        """A refusal of the service itself."""
        body: dict[str, Any] = {"Fault": fault_body(fault)}
        if fault.timed:
            body["time"] = stamp_ms(self._clock.time())
        if self.as_json:
            return _response(write(body), fault.status, "application/json")
        return _response(as_xml(body), fault.status, "application/xml")


def fault_body(fault: Fault) -> dict[str, Any]:
    """A refusal as QuickBooks writes it, in an answer of its own or among the items of another."""
    return {"Error": fault.errors(), "type": fault.kind}


def unauthorized(detail: str, code: str = "3200") -> Response:
    """The gateway's 401: lower case, nulls written out, time in milliseconds since 1970."""
    word = {"3200": "AuthenticationFailed", "3202": "EmptyField"}[code]
    message = f"message={word}; errorCode=00{code}; statusCode=401"
    headers = {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'}
    return _gateway(message, detail, code, "AUTHENTICATION", 401, headers)


def forbidden() -> Response:
    """The gateway's 403: another company, or a connection that is over."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return _gateway(message, "", "3100", "AUTHORIZATION", 403, {})


def throttled(as_json: bool) -> Response:
    """The gateway's 429."""
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    detail = "The request limit was reached.  Try again later"
    if as_json:
        return _gateway(message, detail, "3001", "SERVICE", 429, {})
    error = f'<Error code="3001"><Message>{message}</Message><Detail>{detail}</Detail></Error>'
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3">'
        f'<Fault type="SERVICE">{error}</Fault></IntuitResponse>'
    )
    return _response(text, 429, "application/xml")


def _gateway(
    message: str, detail: str, code: str, kind: str, status: int, headers: dict[str, str]
) -> Response:
    body: dict[str, Any] = {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [{"message": message, "detail": detail, "code": code, "element": None}],
            "type": kind,
        },
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": _milliseconds(),
        "status": None,
        "cdcresponse": [],
    }
    return _response(write(body), status, "application/json", headers)


def _milliseconds() -> int:
    return int(Clock().time() * 1000)


def _response(text: str, status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    tid = f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
    all_headers = {**_HEADERS, "intuit_tid": tid, **(headers or {}), "Content-Type": media_type}
    return Response(text, status, all_headers)
