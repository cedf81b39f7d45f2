"""Threads that work on the queue: each takes one change after the other; one more listens, looks and keeps leases.

Any number of processes may run. A connection that is lost is made anew; what was in the middle comes again when its
lease ends.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from quickbooks_core.client import Client

from target_quickbooks.engine import Engine
from target_quickbooks.job import Done, Failed, Job, Later, Outcome, Unknown
from target_quickbooks.moments import QuickBooksClock
from target_quickbooks.queue import CHANNEL, Queue
from target_quickbooks.recovery import Patience, Recovery

log = logging.getLogger("target-quickbooks")
_RECONNECT_S = 1.0
_CONNECTION_LOST = (psycopg.OperationalError, psycopg.InterfaceError)


@dataclass(frozen=True)
class Pace:
    """How many work at once, how often the queue is looked at without a hint, how long a change is held."""

    threads: int = 8
    poll_s: float = 1.0
    lease_s: float = 30.0
    patience: Patience = field(default_factory=Patience)


class Worker:
    """Works until it is told to stop, or with `follow=False` until nothing is left that may be sent now."""

    def __init__(
        self,
        client: Client,
        open_queue: Callable[[str], Queue],
        url: str,
        pace: Pace,
        *,
        follow: bool,
    ) -> None:
        self._client = client
        self._open_queue = open_queue
        self._url = url
        self._pace = pace
        self._follow = follow
        self._clock = QuickBooksClock(client)
        self._name = uuid.uuid4().hex[:12]
        self._names = [f"{self._name}-{number}" for number in range(pace.threads)]
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._idle = 0
        self._failure: BaseException | None = None
        self.ended: dict[str, int] = {}

    def stop(self) -> None:
        """What is under way is brought to its end; nothing new is taken."""
        self._stop.set()
        with self._news:
            self._news.notify_all()

    def run(self) -> None:
        """Raises what no waiting mends, such as NotOurs."""
        threads = [threading.Thread(target=self._guarded, args=(name,), name=name) for name in self._names]
        for thread in threads:
            thread.start()
        try:
            self._keep(threads)
        finally:
            self.stop()
            for thread in threads:
                thread.join()
        if self._failure:
            raise self._failure

    def _keep(self, threads: list[threading.Thread]) -> None:
        """Listens for news, keeps the leases, and looks now and then."""
        renewed = 0.0
        while any(thread.is_alive() for thread in threads):
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
                    queue = self._open_queue(self._name)
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    while any(thread.is_alive() for thread in threads):
                        for _ in connection.notifies(timeout=self._pace.poll_s, stop_after=1):
                            pass
                        if time.monotonic() - renewed > self._pace.lease_s / 4:
                            queue.renew(self._names)
                            renewed = time.monotonic()
                        with self._news:
                            self._news.notify()
            except _CONNECTION_LOST as lost:
                log.warning("the database cannot be reached (%s)", type(lost).__name__)
                self._stop.wait(_RECONNECT_S)

    def _guarded(self, name: str) -> None:
        try:
            self._work(name)
        except BaseException as failure:  # noqa: BLE001  # it ends the program, which raises it
            self._failure = self._failure or failure
            self.stop()

    def _work(self, name: str) -> None:
        while not self._stop.is_set():
            try:
                queue = self._open_queue(name)
                with suppress(_Empty):
                    self._take_all(queue)
                queue.close()
                if not self._follow:
                    return
            except _CONNECTION_LOST as lost:
                log.warning("the database cannot be reached (%s)", type(lost).__name__)
                self._stop.wait(_RECONNECT_S)

    def _take_all(self, queue: Queue) -> None:
        engine = Engine(self._client, queue, self._clock)
        recovery = Recovery(engine, self._pace.patience)
        while not self._stop.is_set():
            job = queue.claim()
            if job is None:
                self._wait()
                continue
            with self._news:
                self._news.notify()  # there may be more
            with suppress(psycopg.errors.ObjectInUse):  # it was too slow, and another has taken over
                self._end(queue, job, recovery.settle(job) if job.lost_s is not None else engine.begin(job))

    def _wait(self) -> None:
        """Until there may be something; raises _Empty when there is nothing to wait for."""
        with self._news:
            self._idle += 1
            try:
                if not self._follow and self._idle == self._pace.threads:
                    self._stop.set()
                    self._news.notify_all()
                    raise _Empty
                self._news.wait()
            finally:
                self._idle -= 1

    def _end(self, queue: Queue, job: Job, outcome: Outcome) -> None:
        queue.settle(job, outcome)
        kind = type(outcome).__name__.lower()
        self.ended[kind] = self.ended.get(kind, 0) + 1
        log.info("change %s, %s of %s: %s", job.queue_id, job.action.value, job.entity.table, _word(outcome))


class _Empty(Exception):
    """Nothing may be sent now."""


def _word(outcome: Outcome) -> str:
    match outcome:
        case Done():
            return "done"
        case Failed(error):
            return f"failed ({error.sqlstate})"
        case Unknown(words):
            return f"unknown: {words}"
        case Later(after_s, _, words):
            return f"again in {after_s:.0f} s: {words}"
