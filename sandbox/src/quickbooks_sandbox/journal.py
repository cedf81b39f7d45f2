"""The requests that came: what tests look at."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

_KEPT = 20_000


@dataclass
class Journal:
    """The log."""

    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    lines: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))

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

    def clear(self) -> None:
        """Forgets the log."""
        self.counts.clear()
        self.statuses.clear()
        self.lines.clear()
