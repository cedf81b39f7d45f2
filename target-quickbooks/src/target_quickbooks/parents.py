"""Rows whose balances writes have moved: read soon after, many in one request, and merged, beside the work itself.

Nothing waits for it, and nothing is kept of it: what is lost here, with a worker or after failures that last, comes
with the next sync, which asks for the same rows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from quickbooks_core.catalog.model import Entity
from quickbooks_core.client import Client
from quickbooks_core.errors import QuickBooksError
from quickbooks_core.mapping import to_row
from quickbooks_core.reading.by_id import questions_by_id
from quickbooks_core.reading.linked import Linked
from quickbooks_core.reading.together import ask_together

from target_quickbooks.job import Done, Job
from target_quickbooks.queue import Queue

log = logging.getLogger("target-quickbooks")
# Writes that follow each other this closely share a reading; under load there is one in a second.
_SOON_S = 0.3
_PAUSE_S = 0.7
_LEVELS = 4
_TRIES = 5


class Parents:
    """Collects what writes have moved, from any thread, and reads it in one of its own."""

    def __init__(self, client: Client, open_queue: Callable[[], Queue]) -> None:
        self._client = client
        self._open_queue = open_queue
        self._lock = threading.Lock()
        self._linked = Linked()
        self._news = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parents")

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def stop(self) -> None:
        """Reads what is still wanted, and ends."""
        self._end.set()
        self._news.set()
        self._thread.join()

    def moved(self, job: Job, done: Done) -> None:
        """A write has been made: what it points at, and what the row pointed at before, may have moved."""
        with self._lock:
            self._linked.wrote(job.entity, dict(done.document) if done.document else None, job.base)
            if self._linked.is_missing_any:
                self._news.set()

    def _run(self) -> None:
        while not self._end.is_set():
            self._news.wait()
            self._end.wait(_SOON_S)
            self._news.clear()
            try:
                self._read(self._taken())
            except Exception:  # a mistake of ours: the next sync brings the rows
                log.exception("rows whose balances may have moved were not read")
            self._end.wait(_PAUSE_S)
        self._read(self._taken())

    def _taken(self) -> Linked:
        with self._lock:
            taken, self._linked = self._linked, Linked()
        return taken

    def _read(self, linked: Linked) -> None:
        """Level by level: a customer's balance is in that of the customer above."""
        for _ in range(_LEVELS):
            if not (missing := linked.missing()):
                return
            if not self._merged(missing, linked):
                return

    def _merged(self, missing: Mapping[Entity, set[str]], linked: Linked) -> bool:
        for number in range(_TRIES):
            try:
                self._merge(missing, linked)
            except (QuickBooksError, psycopg.Error) as trouble:
                log.warning("rows whose balances may have moved were not read: %s", trouble)
                if self._end.wait(2.0**number):
                    break
            else:
                return True
        return False

    def _merge(self, missing: Mapping[Entity, set[str]], linked: Linked) -> None:
        asked = questions_by_id(missing)
        answers = ask_together(self._client, {name: statement for name, (_, statement) in asked.items()})
        queue = self._open_queue()
        try:
            for name, (entity, _) in asked.items():
                documents: list[dict[str, Any]] = answers[name].documents(entity)
                linked.saw_again(entity, documents)
                queue.land(entity, [to_row(entity, document) for document in documents], answers[name].time)
        finally:
            queue.close()
