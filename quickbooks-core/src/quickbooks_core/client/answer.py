"""One answer of QuickBooks: its bytes, its own time, and what can be read from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from quickbooks_core.catalog.model import Entity
from quickbooks_core.errors import Busy

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
# Only one brace may follow: what stands before it is a key of the envelope, not of a document.
_TIME_AT_END = re.compile(rb'"time"\s*:\s*"([^"\\]{10,40})"\s*\}\s*$')
_TIME_IN_XML = re.compile(rb'<IntuitResponse\b[^>]*\btime="([^"]{10,40})"')
_END = 120


@dataclass(frozen=True)
class Answer:
    """An answer that is not an error. `time` is QuickBooks' own clock, in UTC; `took_s` is the wait for it."""

    status: int
    body: bytes
    time: datetime
    intuit_tid: str
    took_s: float = 0.0

    @property
    def asked_at(self) -> datetime:
        """Before this moment of QuickBooks' clock nothing can have happened that the answer does not know."""
        return self.time - timedelta(seconds=self.took_s)

    def json(self) -> Any:
        """The body; numbers are int or Decimal, so that `300.00` keeps its scale."""
        try:
            return _DECODER.decode(self.body)
        except msgspec.DecodeError as failure:
            raise self._odd(f"The answer is not JSON: {failure}") from None

    def documents(self, entity: Entity) -> list[dict[str, Any]]:
        """The objects a query found, in QuickBooks' order."""
        response = self._query_response()
        lists = {key: value for key, value in response.items() if isinstance(value, list)}
        if entity.key in lists:
            return lists[entity.key]
        if len(lists) == 1:
            # QuickBooks spells some keys otherwise than the name in the query; one query has one list.
            return next(iter(lists.values()))
        if lists or response.get("maxResults"):
            # Never an empty list by mistake: it would read as "all of them have been deleted".
            raise self._odd(f"The answer has no {entity.key}, only {', '.join(sorted(response))}")
        return []

    def count(self) -> int:
        """The number that a COUNT(*) query found."""
        total = self._query_response().get("totalCount")
        if not isinstance(total, int):
            raise self._odd("The answer to COUNT(*) has no totalCount")
        return total

    def _query_response(self) -> dict[str, Any]:
        envelope = self.json()
        response = envelope.get("QueryResponse") if isinstance(envelope, dict) else None
        if not isinstance(response, dict):
            raise self._odd("The answer has no QueryResponse")
        return response

    def _odd(self, message: str) -> Busy:
        return Busy(message, intuit_tid=self.intuit_tid, status=self.status)


def answer_time(body: bytes, headers: Mapping[str, str], now: datetime) -> datetime:
    """The envelope's `time`; without one the Date header; without that our own clock."""
    found = _TIME_AT_END.search(body[-_END:]) or _TIME_IN_XML.search(body[:2000])
    text = found[1].decode("ascii", "replace") if found else _time_elsewhere(body)
    return _instant(text) or _date_header(headers.get("Date", "")) or now


def _time_elsewhere(body: bytes) -> str:
    if body.lstrip()[:1] != b"{" or b'"time"' not in body:
        return ""
    try:
        envelope = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    time = envelope.get("time", "") if isinstance(envelope, dict) else ""
    return time if isinstance(time, str) else ""


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Without an offset nobody can say which instant it is.
    return moment.astimezone(UTC) if moment.tzinfo else None


def _date_header(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
