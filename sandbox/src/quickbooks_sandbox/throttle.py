"""Intuit's limits for one company: 500 requests a minute, 10 a second, 10 at a time."""

from __future__ import annotations

import time
from collections import deque

PER_MINUTE = 500
PER_SECOND = 10
AT_ONCE = 10


class Throttle:
    """Sliding windows; used by the server's one thread."""

    def __init__(self) -> None:
        self.on = True
        self.in_flight = 0
        self.most_in_flight = 0
        self._times: deque[float] = deque(maxlen=PER_MINUTE)

    def enter(self) -> bool:
        """Counts a request in; False when it has to be refused."""
        if self.on and not self._may():
            return False
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self._times.append(time.monotonic())
        return True

    def leave(self) -> None:
        """The request has been answered."""
        self.in_flight -= 1

    def reset(self) -> None:
        """Forgets the past."""
        self.on = True
        self._times.clear()
        self.most_in_flight = self.in_flight

    def _may(self) -> bool:
        now = time.monotonic()
        full_minute = len(self._times) == PER_MINUTE and now - self._times[0] < 60
        full_second = len(self._times) >= PER_SECOND and now - self._times[-PER_SECOND] < 1
        return self.in_flight < AT_ONCE and not full_minute and not full_second
