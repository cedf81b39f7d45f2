"""Threads that work on the queue: each takes one change after the other; one more listens, looks and keeps leases.

Any number of processes may run. A connection that is lost is made anew; what was in the middle comes again when its
lease ends.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from quickbooks_core.client import Client
from quickbooks_core.writing import Action

from target_quickbooks.batching import Batch
from target_quickbooks.engine import Engine
from target_quickbooks.job import Done, Failed, Found, Job, Later, Outcome, Unknown
from target_quickbooks.moments import QuickBooksClock
from target_quickbooks.parents import Parents
from target_quickbooks.queue import CHANNEL, Queue
from target_quickbooks.reading import read
from target_quickbooks.recovery import Patience, Recovery

log = logging.getLogger("target-quickbooks")
_RECONNECT_S = 1.0
_PRUNE_EVERY_S = 3600.0
_CONNECTION_LOST = (psycopg.OperationalError, psycopg.InterfaceError)


@dataclass(frozen=True)
class Pace:
    """How many work at once, how often the queue is looked at without a hint, how long a change is held.

    What has ended is kept for some days, or for good where they are 0.
    """

    threads: int = 8
    poll_s: float = 1.0
    lease_s: float = 30.0
    patience: Patience = field(default_factory=Patience)
    keep_days: float = 90.0


class Hand:
    """Does what a claimed change needs."""

    def __init__(self, engine: Engine, patience: Patience) -> None:
        self._engine = engine
        self._recovery = Recovery(engine, patience)
        self._batch = Batch(engine)

    def work(self, jobs: list[Job]) -> list[tuple[Job, Outcome]]:
        """How each has ended; raises psycopg.Error, after which they come again when the lease ends."""
        try:
            if len(jobs) > 1:
                return self._batch.begin(jobs)
            (job,) = jobs
            if job.action is Action.READ:
                return [(job, read(self._engine, job))]
            is_lost = job.lost_s is not None
            return [(job, self._recovery.settle(job) if is_lost else self._engine.begin(job))]
        except psycopg.Error:
            raise
        except Exception as mistake:  # of ours: it must not stop the changes of others
            log.exception("change %s", jobs[0].queue_id)
            words = f"{type(mistake).__name__} in target-quickbooks: {mistake}"
            return [(job, Later(min(60.0 * job.attempts, 3600.0), True, words)) for job in jobs]


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
        self._parents = Parents(client, lambda: open_queue(f"{self._name}-parents"))
        self._name = uuid.uuid4().hex[:12]
        self._names: dict[int, str] = {}
        self._stop = threading.Event()
        self._ending, self._end = socket.socketpair()  # wakes whoever waits for the database
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
        threads = [threading.Thread(target=self._guarded, args=(n,)) for n in range(self._pace.threads)]
        self._parents.start()
        for thread in threads:
            thread.start()
        try:
            self._keep(threads)
        finally:
            self.stop()
            for thread in threads:
                thread.join()
            self._parents.stop()
            self._ending.close()
            self._end.close()
        if self._failure:
            raise self._failure

    def _keep(self, threads: list[threading.Thread]) -> None:
        """Listens for news, keeps the leases, and looks now and then."""
        renewed = 0.0
        pruned_at = -_PRUNE_EVERY_S
        while any(thread.is_alive() for thread in threads):
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
                    queue = self._open_queue(self._name)
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    while any(thread.is_alive() for thread in threads):
                        self._listen(connection)
                        if time.monotonic() - renewed > self._pace.lease_s / 4:
                            queue.renew([*self._names.copy().values()])
                            renewed = time.monotonic()
                        with self._news:
                            self._news.notify()
                        queue.follow()
                        if self._pace.keep_days and time.monotonic() - pruned_at > _PRUNE_EVERY_S:
                            has_more = queue.prune(timedelta(days=self._pace.keep_days))
                            pruned_at = -_PRUNE_EVERY_S if has_more else time.monotonic()
            except _CONNECTION_LOST as lost:
                log.warning("the database cannot be reached (%s)", type(lost).__name__)
                self._stop.wait(_RECONNECT_S)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        """Until there is news, a thread has ended, or it is time to look."""
        ready, _, _ = select.select([connection, self._ending], [], [], self._pace.poll_s)
        if self._ending in ready:
            self._ending.recv(self._pace.threads)
        for _ in connection.notifies(timeout=0):
            pass

    def _guarded(self, number: int) -> None:
        try:
            self._work(number)
        except BaseException as failure:  # noqa: BLE001  # it ends the program, which raises it
            self._failure = self._failure or failure
            self.stop()
        finally:
            self._end.send(b".")

    def _work(self, number: int) -> None:
        while not self._stop.is_set():
            # A new name for each connection: what was in the middle on the one before must lose its lease.
            name = self._names[number] = f"{self._name}-{number}-{uuid.uuid4().hex[:8]}"
            try:
                queue = self._open_queue(name)
                try:
                    self._take_all(queue)
                finally:
                    queue.close()
            except psycopg.errors.ObjectInUse as late:
                log.warning("it took too long, and another worker has taken over: %s", late)
            except _CONNECTION_LOST as lost:
                log.warning("the database cannot be reached (%s)", type(lost).__name__)
                self._stop.wait(_RECONNECT_S)

    def _take_all(self, queue: Queue) -> None:
        hand = Hand(Engine(self._client, queue, self._clock), self._pace.patience)
        while not self._stop.is_set():
            jobs = queue.claim()
            if not jobs:
                self._wait()
                continue
            with self._news:
                self._news.notify()  # there may be more
            ended = hand.work(jobs)
            queue.settle(ended)
            for job, outcome in ended:
                self._ended(job, outcome)

    def _wait(self) -> None:
        """Until there may be something. Where nobody follows, the last one to find nothing ends it all."""
        with self._news:
            self._idle += 1
            if not self._follow and self._idle == self._pace.threads:
                self._stop.set()
                self._news.notify_all()
            elif not self._stop.is_set():
                self._news.wait()
            self._idle -= 1

    def _ended(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self._parents.moved(job, outcome)
        kind = type(outcome).__name__.lower()
        self.ended[kind] = self.ended.get(kind, 0) + 1
        log.info("change %s, %s of %s: %s", job.queue_id, job.action.value, job.entity.table, _word(outcome))


def _word(outcome: Outcome) -> str:
    match outcome:
        case Done() | Found():
            return "done"
        case Failed(error):
            return f"failed ({error.sqlstate})"
        case Unknown(words):
            return f"unknown: {words}"
        case Later(after_s, _, words):
            return f"again in {after_s:.0f} s: {words}"
