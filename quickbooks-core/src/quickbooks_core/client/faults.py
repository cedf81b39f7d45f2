"""Faults, in each of the forms in which QuickBooks writes them: validation JSON, gateway JSON, XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import msgspec

from quickbooks_core.errors import Busy, QuickBooksError, error_class

_HEAD = 1000
_LONGEST = 500
_ATTRIBUTE = re.compile(r'\b(code|element)="([^"]*)"')
_XML_ERROR = re.compile(r"<(?:\w+:)?Error\b([^>]*)>(.*?)</(?:\w+:)?Error>", re.DOTALL)
_XML_TEXT = r"<(?:\w+:)?{0}>(.*?)</(?:\w+:)?{0}>"


def refusal(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> QuickBooksError | None:
    """The error that an answer is, or None if it is none. A fault within HTTP 200 is one too."""
    words = _words(body) if status >= 300 or _may_hold_fault(body) else None
    if words is None and status < 300:
        return None
    code, message, detail, element = words or ("", _title(body) or f"HTTP {status}", "", "")
    return error_class(status, code)(
        message,
        code=code,
        detail=detail,
        element=element,
        intuit_tid=headers.get("intuit_tid", ""),
        status=status,
        retry_after_s=_retry_after(headers.get("Retry-After", ""), now),
    )


def not_asked_for(headers: Mapping[str, str], status: int) -> QuickBooksError:
    """A page of some gateway came instead of an answer."""
    kind = headers.get("Content-Type", "nothing")
    return Busy(
        f"The answer is {kind}, not what was asked for",
        status=status,
        intuit_tid=headers.get("intuit_tid", ""),
    )


def _may_hold_fault(body: bytes) -> bool:
    """Looks at the head only: bodies of good answers are large, and the items of a batch have faults of their own."""
    head = body[:_HEAD]
    return b'"Fault"' in head or b'"fault"' in head or b"<Fault" in head


def _words(body: bytes) -> tuple[str, str, str, str] | None:
    text = body.lstrip()
    if text.startswith(b"{"):
        return _from_json(text)
    return _from_xml(text.decode("utf-8", "replace")) if text.startswith(b"<") else None


def _from_json(body: bytes) -> tuple[str, str, str, str] | None:
    try:
        envelope = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    fault = _key(envelope, "fault")
    if not isinstance(fault, dict):
        return None
    errors = _key(fault, "error")
    first = errors[0] if isinstance(errors, list) and errors else {}
    words = [
        str(_key(first, name) or "").strip()[:_LONGEST] for name in ("code", "message", "detail", "element")
    ]
    return words[0], words[1] or str(_key(fault, "type") or "A fault without words"), words[2], words[3]


def _key(value: Any, name: str) -> Any:
    """A key in either case: the gateway writes lower case, the services do not."""
    if not isinstance(value, dict):
        return None
    return value.get(name, value.get(name.capitalize()))


def _from_xml(text: str) -> tuple[str, str, str, str] | None:
    found = _XML_ERROR.search(text)
    if found is None:
        return None
    attributes = dict(_ATTRIBUTE.findall(found[1]))
    words = []
    for name in ("Message", "Detail"):
        inner = re.search(_XML_TEXT.format(name), found[2], re.DOTALL)
        words.append(unescape(inner[1]).strip()[:_LONGEST] if inner else "")
    return (
        attributes.get("code", ""),
        words[0] or "A fault without words",
        words[1],
        attributes.get("element", ""),
    )


def _title(body: bytes) -> str:
    found = re.search(rb"<title>(.*?)</title>", body[:_HEAD], re.DOTALL | re.IGNORECASE)
    return unescape(found[1].decode("utf-8", "replace")).strip()[:100] if found else ""


def _retry_after(text: str, now: datetime) -> float | None:
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds())
    except ValueError:
        return None
