"""Waits until changes have an end: by the database's hint, and in any case by looking again and again."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from quickbooks_proxy.asking import CANCELLED, Ended
from quickbooks_proxy.store import FINAL, Store

log = logging.getLogger("quickbooks-proxy")
_CHANNEL = "quickbooks_done"
_NUMBER = re.compile(r"[0-9]{1,19}")  # anybody may notify anything
_POLL_S = 0.5
_RECONNECT_S = 1.0
_REMEMBERED = 10_000


class Waiting:
    """All statements that wait. One connection listens for all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[int, asyncio.Event] = {}
        self._heard: deque[int] = deque(maxlen=_REMEMBERED)

    async def listen(self) -> None:
        """As long as the proxy runs."""
        while True:
            try:
                connection = await self._store.open_connection()
                async with connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(_CHANNEL)))
                    async for notification in connection.notifies():
                        self._hear(notification.payload)
            except psycopg.Error as lost:
                log.warning("the database cannot be listened to (%s)", type(lost).__name__)
            await asyncio.sleep(_RECONNECT_S)

    def _hear(self, payload: str) -> None:
        schema, _, number = payload.rpartition(":")
        if schema == self._store.names.mirror and _NUMBER.fullmatch(number):
            self._heard.append(int(number))
            if event := self._waiting.get(int(number)):
                event.set()

    async def ends(
        self,
        numbers: Sequence[int],
        timeout_s: float,
        stop: asyncio.Event,
        is_over: Callable[[Ended], bool] = lambda end: end.status in FINAL,
    ) -> tuple[list[Ended], str]:
        """How each has ended, in their order, and why not all have, where that is so."""
        event = asyncio.Event()
        self._waiting |= dict.fromkeys(numbers, event)
        if set(numbers) & set(self._heard):
            event.set()
        deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            return await self._all(numbers, deadline, event, stop, is_over)
        finally:
            for number in numbers:
                self._waiting.pop(number, None)

    async def _all(
        self,
        numbers: Sequence[int],
        deadline: float,
        event: asyncio.Event,
        stop: asyncio.Event,
        is_over: Callable[[Ended], bool],
    ) -> tuple[list[Ended], str]:
        clock = asyncio.get_running_loop().time
        found: dict[int, Ended] = {}
        while True:
            try:
                async with asyncio.timeout(max(0.0, min(_POLL_S, deadline - clock()))):
                    await _first(event, stop)
            except TimeoutError:
                pass
            event.clear()
            try:
                found |= {end.number: end for end in await self._store.results(numbers)}
            except psycopg.Error as lost:
                log.warning("the queue cannot be read (%s)", type(lost).__name__)
            ends = [found.get(number) or Ended("pending", number) for number in numbers]
            if all(map(is_over, ends)):
                return ends, ""
            if stop.is_set() or clock() >= deadline:
                return ends, CANCELLED if stop.is_set() else "QuickBooks has not answered in time"


async def _first(*events: asyncio.Event) -> None:
    """Until one of them is set."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
