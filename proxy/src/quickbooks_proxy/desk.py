"""Answers what sessions ask of the outside world: the queue, the mirror, and through the worker QuickBooks."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import psycopg
from quickbooks_core.writing import ClientError

from quickbooks_proxy.asking import CANCELLED, Ask, Ended, Fetch, Missing, Undone, Write, Written
from quickbooks_proxy.store import FINAL, Store
from quickbooks_proxy.waiting import Waiting

log = logging.getLogger("quickbooks-proxy")
_LAST_LOOK_S = 0.0
_ROLLBACK_S = 3.0  # how long a client that has rolled back waits to see it undone
_LOOK = "What becomes of it stands in _sync_queue."
IS_WORKER = "Is `target-quickbooks --follow` running?"


def _is_taken_back(end: Ended) -> bool:
    return end.fate in ("undone", "not_undone")


class Desk:
    """One for all sessions."""

    def __init__(self, store: Store, waiting: Waiting, timeout_s: float) -> None:
        self._store = store
        self._waiting = waiting
        self._timeout_s = timeout_s

    async def answer(self, question: Ask, stop: asyncio.Event) -> Any:
        """`stop`: the client does not want to wait any longer."""
        try:
            match question:
                case Missing(table, ids):
                    return await self._store.missing(table, ids)
                case Fetch():
                    return await self._fetched(question, stop)
                case Write():
                    return await self._written(question, stop)
                case Undone():
                    return await self._left(question, stop)
        except psycopg.Error as failure:
            log.warning("the database cannot be asked (%s)", type(failure).__name__)
            if isinstance(question, Missing | Undone):
                return []
            words = "[QuickBooks] The proxy has lost its own connection to the database"
            # A write is queued, and may be made.
            is_write = isinstance(question, Write)
            return ClientError("08007", words, hint=_LOOK) if is_write else ClientError("08006", words)

    async def _fetched(self, question: Fetch, stop: asyncio.Event) -> ClientError | None:
        number = await self._store.enqueue_reading(question)
        (end,), cut_short = await self._waiting.ends([number], self._timeout_s, stop)
        if cut_short == CANCELLED:
            return ClientError("57014", "canceling statement due to user request")
        if end.status == "done":
            return None
        return end.error or ClientError(
            "08006", f"[QuickBooks] Rows that the mirror lacks: {cut_short}", "", IS_WORKER
        )

    async def _written(self, write: Write, stop: asyncio.Event) -> Written | ClientError:
        begun = time.monotonic()
        numbers = await self._store.enqueue(write)
        if isinstance(numbers, ClientError):
            return numbers
        timeout_s = min(self._timeout_s, write.timeout_s or self._timeout_s)
        ends, cut_short = await self._waiting.ends(numbers, timeout_s, stop)
        if cut_short:
            # What has not left yet need not be done behind the client's back.
            await self._store.cancel([end.number for end in ends if end.status not in FINAL])
            ends, _ = await self._waiting.ends(numbers, _LAST_LOOK_S, asyncio.Event())
        elif {end.status for end in ends} >= {"done", "failed"}:
            # Whoever has ended the last of them sees to it that they are undone.
            ends, _ = await self._waiting.ends(numbers, self._timeout_s, stop, _is_taken_back)
        self._note(write, [end.status for end in ends], time.monotonic() - begun)
        return Written(ends, cut_short)

    async def _left(self, question: Undone, stop: asyncio.Event) -> list[Ended]:
        """Of what was rolled back, that which could not be undone, as far as that is known in time."""
        await self._store.follow()
        under_way = ("open", "rolled_back") if question.is_whole else ("rolled_back",)
        ends, _ = await self._waiting.ends(
            question.numbers, _ROLLBACK_S, stop, lambda end: end.fate not in under_way
        )
        return [end for end in ends if end.fate == "not_undone"]

    def _note(self, write: Write, statuses: list[str], seconds: float) -> None:
        """One line a write; never a value."""
        kinds = sorted({f"{image.action.value} {image.table}" for image in write.images})
        outcome = ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))
        log.info("write role=%s what=%s rows=%s waited_ms=%.0f outcome=%s",
                 write.asker.role, "+".join(kinds), len(statuses), seconds * 1000, outcome)  # fmt: skip
