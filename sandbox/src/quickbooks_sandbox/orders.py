"""Failures that a test has ordered: which requests they are for, and how many.

How each is played stands in `playing`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

# In the order of a request's life: refused before the work; lost before or after it; late.
KINDS = (
    "401", "403", "429", "500", "502", "503", "504", "html", "expired_token",
    "reset_before", "timeout_before",
    "500_after", "503_after", "reset_after", "cut_after", "timeout_after",
    "slow",
)  # fmt: skip
_DELAYS_S = {"timeout_before": 120.0, "timeout_after": 120.0, "slow": 1.0}


class BadOrder(ValueError):
    """There is no such failure, or no such way to choose requests."""


@dataclass
class Order:
    """Fail `count` requests, after letting `skip` pass, of those that fit.

    `method`, `operation` (query, read, write, cdc, batch, report, oauth) and `path` (a part of it) all have to
    fit where they are given; `match` is looked for in the whole line, query included. All ignore case.
    """

    kind: str
    count: int = 1
    skip: int = 0
    method: str = ""
    path: str = ""
    operation: str = ""
    match: str = ""
    delay_s: float = 0.0

    def fits(self, line: dict[str, Any]) -> bool:
        """Whether the order is for a request."""
        path = str(line["target"]).partition("?")[0]
        whole = f"{line['kind']} {line['method']} {line['target']}"
        return (
            self.method.lower() in ("", str(line["method"]).lower())
            and self.operation.lower() in ("", str(line["kind"]).lower())
            and self.path.lower() in path.lower()
            and self.match.lower() in whole.lower()
        )


class Orders:
    """The orders that are still open, oldest first."""

    def __init__(self) -> None:
        self._open: list[Order] = []
        self.played: Counter[str] = Counter()  # how many requests have failed by order, by kind

    def add(self, given: dict[str, Any]) -> None:
        """Takes an order as JSON; raises BadOrder."""
        known = Order.__dataclass_fields__
        unknown = sorted(set(given) - set(known))
        kind = str(given.get("kind", "500"))
        if unknown or kind not in KINDS:
            raise BadOrder(f"kind is one of {', '.join(KINDS)}; an order has {', '.join(known)}")
        order = Order(**{**given, "kind": kind})
        order.delay_s = float(order.delay_s or _DELAYS_S.get(kind, 0.0))
        self._open.append(order)

    def take(self, line: dict[str, Any]) -> Order | None:
        """The order that a request is for, if any; it is then open for one less."""
        for order in self._open:
            if not order.fits(line):
                continue
            if order.skip:
                order.skip -= 1
                continue
            order.count -= 1
            self.played[order.kind] += 1
            self._open = [each for each in self._open if each.count > 0]
            return order
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The open orders."""
        return [asdict(order) for order in self._open]

    def clear(self) -> None:
        """Forgets all orders, and those of the past."""
        self._open.clear()
        self.played.clear()
