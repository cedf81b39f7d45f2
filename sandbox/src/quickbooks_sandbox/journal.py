"""The requests that came, and the failures that are to come: what tests look at and order."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

_KEPT = 20_000
# What can be ordered: an HTTP status, an expired token, or a connection that breaks before or after the work.
FAILURES = ("500", "503", "429", "401", "reset_before", "reset_after")


@dataclass
class Order:
    """Fail the next `count` requests whose line contains `match`."""

    kind: str
    count: int
    match: str = ""


@dataclass
class Journal:
    """Log and orders."""

    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    lines: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    orders: list[Order] = field(default_factory=list)

    def note(self, kind: str, method: str, target: str, at: str, request_id: str) -> dict[str, Any]:
        """A request has come; its status is filled in later."""
        line = {
            "kind": kind,
            "method": method,
            "target": target,
            "at": at,
            "requestid": request_id,
            "status": None,
        }
        self.counts[kind] += 1
        self.lines.append(line)
        return line

    def failure_for(self, line: dict[str, Any]) -> str | None:
        """The ordered failure of a request, if there is one."""
        text = f"{line['kind']} {line['method']} {line['target']}"
        for order in self.orders:
            if order.count > 0 and order.match.lower() in text.lower():
                order.count -= 1
                return order.kind
        return None

    def clear(self) -> None:
        """Forgets log and orders."""
        self.counts.clear()
        self.statuses.clear()
        self.lines.clear()
        self.orders.clear()
