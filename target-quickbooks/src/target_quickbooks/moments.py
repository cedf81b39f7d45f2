"""What time it is at QuickBooks, by its own answers: at least so late, whatever our clock says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from quickbooks_core.client import Answer, Client

# Clocks drift between two answers, and times of creation have no fractions.
_SLACK = timedelta(seconds=2)


class QuickBooksClock:
    """Learns from every answer; asks once if there was none yet."""

    def __init__(self, client: Client, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._now = now
        self._ahead: timedelta | None = None
        self._asking = threading.Lock()

    def learn(self, answer: Answer) -> None:
        """The answer left QuickBooks before now, so its clock is at least so far."""
        self._ahead = answer.time - self._local()

    def at_least(self) -> datetime:
        """A moment of QuickBooks' clock that is past; raises QuickBooksError where it has to be asked for."""
        with self._asking:
            if self._ahead is None:
                self.learn(self._client.get(f"companyinfo/{self._client.connection.realm_id}"))
        return self.now() - _SLACK

    def now(self) -> datetime:
        """What it is now, as far as answers tell."""
        return self._local() + (self._ahead or timedelta())

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)
