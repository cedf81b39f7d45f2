"""Keeps all programs of a company together below Intuit's limits.

10 requests in any second, 500 in any minute, 40 of them batches, and 10 under way at once. Reads take at most
four fifths, so that a write never waits for a long backfill. A request that must wait reserves its moment in the
shared store first, so nobody polls for it.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

import msgspec

from quickbooks_core.client.stores import Store
from quickbooks_core.errors import Unreachable


class Lane(Enum):
    """What a request counts as."""

    READ = "read"
    WRITE = "write"
    BATCH_READ = "batch of queries"
    BATCH_WRITE = "batch with writes"


@dataclass(frozen=True)
class Rule:
    """At most `limit` requests of these lanes in any window."""

    lanes: frozenset[Lane]
    limit: int
    window_s: float


_ALL = frozenset(Lane)
_READS = frozenset({Lane.READ, Lane.BATCH_READ})
_BATCHES = frozenset({Lane.BATCH_READ, Lane.BATCH_WRITE})
# The windows are a little longer than Intuit's: it counts when a request arrives, we when it leaves.
RULES = (
    Rule(_ALL, 10, 1.05),
    Rule(_READS, 8, 1.05),
    Rule(_ALL, 500, 60.5),
    Rule(_READS, 400, 60.5),
    Rule(_BATCHES, 40, 60.5),
)
# Seconds since 1970 are floats of a quarter microsecond.
_ROUNDING_S = 0.001
_MEMORY_S = max(rule.window_s for rule in RULES)
# A reservation further away than any honest one stems from a clock that was set back.
_FARTHEST_S = 3 * _MEMORY_S
IN_FLIGHT = 10
READS_IN_FLIGHT = 8
_PLACE_PAUSE_S = 0.02


class Ledger(msgspec.Struct):
    """The moments at which requests left or will leave, and a moment before which none may."""

    moments: list[tuple[float, Lane]] = []
    not_before: float = 0.0

    def reserve(self, lane: Lane, now: float) -> float:
        """Enters one request at the earliest moment that keeps every rule."""
        moment = self.earliest(lane, now)
        insort(self.moments, (moment, lane), key=lambda entry: entry[0])
        return moment

    def earliest(self, lane: Lane, now: float) -> float:
        """When one more request would keep every rule."""
        self.moments = [entry for entry in self.moments if now - _MEMORY_S < entry[0] < now + _FARTHEST_S]
        if self.not_before > now + _FARTHEST_S * 2:
            self.not_before = 0.0
        rules = [(rule, self._of(rule)) for rule in RULES if lane in rule.lanes]
        moment = max(now, self.not_before)
        while (later := max(_fit(times, rule, moment) for rule, times in rules)) > moment:
            moment = later
        return moment

    def _of(self, rule: Rule) -> list[float]:
        return [moment for moment, lane in self.moments if lane in rule.lanes]


def _fit(times: list[float], rule: Rule, moment: float) -> float:
    """The moment itself if one more request fits there, otherwise the next one that might."""
    place = bisect_left(times, moment)
    for first in range(min(place, len(times) - rule.limit), max(0, place - rule.limit) - 1, -1):
        last = times[first + rule.limit - 1]
        span_s = max(last, moment) - min(times[first], moment)
        if span_s < rule.window_s - _ROUNDING_S and times[first] + rule.window_s > moment:
            return times[first] + rule.window_s
    return moment


class Throttle:
    """Lets requests out one by one, for all threads and processes that share the store."""

    def __init__(
        self,
        store: Store,
        company: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._store = store
        self._name = f"throttle-{company}"
        self._clock = clock
        self._sleep = sleep
        self._places = threading.BoundedSemaphore(IN_FLIGHT)
        self._read_places = threading.BoundedSemaphore(READS_IN_FLIGHT)

    @contextmanager
    def request(self, lane: Lane) -> Iterator[None]:
        """One request, from the moment it may leave until its answer is there."""
        with self._places_of(lane):
            free = self._take_place(lane)
            try:
                self._wait_for_turn(lane)
                yield
            finally:
                free()

    def wait_until_near(self, lane: Lane, near_s: float) -> None:
        """Until a request made now would leave within so long; nothing is reserved."""
        while (wait_s := self._wait_s(lane)) > near_s:
            self._pause(wait_s - near_s)

    def _wait_s(self, lane: Lane) -> float:
        with self._store.hold(self._name) as slot:
            now = self._clock()
            return _ledger(slot.read()).earliest(lane, now) - now

    def pause(self, seconds: float) -> None:
        """QuickBooks asked for patience: nobody sends for so long."""
        with self._store.hold(self._name) as slot:
            ledger = _ledger(slot.read())
            ledger.not_before = max(ledger.not_before, self._clock() + seconds)
            slot.write(msgspec.json.encode(ledger), durable=False)

    @contextmanager
    def _places_of(self, lane: Lane) -> Iterator[None]:
        if lane in _READS:
            with self._read_places, self._places:
                yield
        else:
            with self._places:
                yield

    def _take_place(self, lane: Lane) -> Callable[[], None]:
        numbers = range(READS_IN_FLIGHT) if lane in _READS else range(IN_FLIGHT - 1, -1, -1)
        while (free := self._store.take_any(self._name, numbers)) is None:
            self._pause(_PLACE_PAUSE_S)
        return free

    def _wait_for_turn(self, lane: Lane) -> None:
        with self._store.hold(self._name) as slot:
            now = self._clock()
            ledger = _ledger(slot.read())
            moment = ledger.reserve(lane, now)
            slot.write(msgspec.json.encode(ledger), durable=False)
        if moment > now:
            self._pause(moment - now)

    def _pause(self, seconds: float) -> None:
        if self._sleep(seconds) is True:
            # The client's own sleep says so when the client was closed meanwhile.
            raise Unreachable("The program is ending")


class NoThrottle:
    """For a local sandbox only: everything leaves at once."""

    @contextmanager
    def request(self, lane: Lane) -> Iterator[None]:
        """No waiting."""
        del lane
        yield

    def wait_until_near(self, lane: Lane, near_s: float) -> None:
        """Every moment is near."""

    def pause(self, seconds: float) -> None:
        """Nobody else is asked to wait."""


def _ledger(value: bytes | None) -> Ledger:
    try:
        return msgspec.json.decode(value, type=Ledger) if value else Ledger()
    except msgspec.DecodeError:
        # Not durable, so a power cut may leave a torn value; a minute later it would be worthless anyway.
        return Ledger()
