"""The same request id again gives the first answer again, as long as it is remembered.

The answer is stored in the transaction of the write itself, so that either both survive a kill or neither.
A refusal is not stored, except in a batch where the switch says so: nothing was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from quickbooks_sandbox import faults
from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

LONGEST = 50
LONGEST_OF_BATCH, LONGEST_B_ID = 36, 10


@dataclass(frozen=True)
class RequestKey:
    """What identifies a request: its id, and in a batch the pair of it and the item's bId."""

    request_id: str
    b_id: str = ""

    def check(self) -> None:
        """Raises Fault 2130 for what is too long."""
        longest = LONGEST_OF_BATCH if self.b_id else LONGEST
        if len(self.request_id) > longest or len(self.b_id) > LONGEST_B_ID:
            raise faults.bad_request_id(self.request_id)


class Replay:
    """The remembered answers."""

    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self._store = store
        self._clock = clock
        self._switches = switches

    def once(self, key: RequestKey, content: bytes, work: Callable[[], str]) -> str:
        """The first answer to this key; does the work where there is none. Raises what the work raises."""
        if not key.request_id:
            return work()
        key.check()
        with self._store.writing():
            found = self._remembered(key, content)
            if found is None:
                found = work()
                self.remember(key, content, found)
            return found

    def remember(self, key: RequestKey, content: bytes, answer: str) -> None:
        """Keeps an answer."""
        with self._store.writing() as db:
            db.execute(
                "insert or replace into answered values (?,?,?,?,?)",
                (key.request_id, key.b_id, _hash(content), self._clock.time(), answer),
            )

    def _remembered(self, key: RequestKey, content: bytes) -> str | None:
        rows = self._store.rows(
            "select content, at, answer from answered where request_id = ? and b_id = ?",
            (key.request_id, key.b_id),
        )
        if not rows or rows[0][1] + float(self._switches["requestid_retention_s"]) < self._clock.time():
            return None
        if rows[0][0] != _hash(content) and self._switches["requestid_with_another_body"] == "refuse":
            raise faults.duplicate_request_id(key.request_id)
        return str(rows[0][2])


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
