"""Intuit's limits for one company and one app: how many requests, how many of them batches, how many at a time.

Counts by the sandbox's clock, so that moving it moves the windows. How a refusal is written stands in `answers`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.switches import Switches

PER_MINUTE = 500
PER_SECOND = 10
AT_ONCE = 10
BATCHES_PER_MINUTE = 40


class Window:
    """At most so many requests in any span of time."""

    def __init__(self, most: int, span_s: float) -> None:
        self._span_s = span_s
        self._times: deque[float] = deque(maxlen=most)

    def is_full(self, now: float) -> bool:
        """Whether the oldest of as many requests as may be is still inside the span."""
        return len(self._times) == self._times.maxlen and now - self._times[0] < self._span_s

    def add(self, now: float) -> None:
        """Counts a request."""
        self._times.append(now)

    def clear(self) -> None:
        """Forgets all requests."""
        self._times.clear()


class Throttle:
    """Sliding windows and requests under way; used by the server's one thread."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.on = True
        self.in_flight = 0
        self.most_in_flight = 0
        self._clock = clock
        self._switches = switches
        self._minute = Window(PER_MINUTE, 60)
        self._second = Window(PER_SECOND, 1)
        self._batches = Window(BATCHES_PER_MINUTE, 60)

    def enter(self, kind: str) -> bool:
        """Counts a request in; False when it has to be refused."""
        now = self._clock.time()
        windows = [self._minute, self._second, *([self._batches] if kind == "batch" else [])]
        refused = self.on and (self._is_crowded() or self._is_full(windows, now))
        if not refused or self._switches["throttle_counts"] == "all":
            for window in windows:
                window.add(now)
        if refused:
            return False
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return True

    def leave(self) -> None:
        """The request has been answered."""
        self.in_flight -= 1

    def reset(self) -> None:
        """Forgets the past."""
        self.on = True
        for window in (self._minute, self._second, self._batches):
            window.clear()
        self.most_in_flight = self.in_flight

    def _is_crowded(self) -> bool:
        return self._switches["throttle_of_ten"] != "a_second" and self.in_flight >= AT_ONCE

    def _is_full(self, windows: Iterable[Window], now: float) -> bool:
        left_out = self._second if self._switches["throttle_of_ten"] == "at_once" else None
        return any(window.is_full(now) for window in windows if window is not left_out)
