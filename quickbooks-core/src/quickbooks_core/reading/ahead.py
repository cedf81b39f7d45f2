"""Work done ahead of its use: several requests under way, results taken in order.

The standard library's pool keeps a program alive until its last request has been answered or timed out, which
takes minutes when QuickBooks hangs. Here a run that has failed ends at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")
_Work = tuple["Future[Any]", Callable[[], Any]]

# What QuickBooks allows for one company at a time.
IN_FLIGHT = 10


class Ahead:
    """A pool of request threads; at most `in_flight` requests run at once, whoever asked for them."""

    def __init__(self, in_flight: int = IN_FLIGHT) -> None:
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=_serve, args=(self._work,), name=f"quickbooks-{number}", daemon=True)
            for number in range(in_flight)
        ]
        # As many answers again may wait for the reader: else a thread whose answer has come stands still until
        # all before it have been read.
        self._most = 1 if in_flight == 1 else 2 * in_flight

    def __enter__(self) -> Ahead:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._forget_waiting()
        for _ in self._threads:
            self._work.put(None)
        if error is None:
            for thread in self._threads:
                thread.join()

    def in_order(self, tasks: Iterable[Callable[[], T]], most: int = 0) -> Iterator[T]:
        """The results of the tasks, in their order; few results wait for the reader, or as many as he says."""
        most = most or self._most
        waiting: deque[Future[T]] = deque()
        try:
            for task in tasks:
                waiting.append(self._submitted(task))
                if len(waiting) == most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _forget_waiting(self) -> None:
        with suppress(Empty):
            while item := self._work.get_nowait():
                item[0].cancel()

    def _submitted(self, task: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._work.put((future, task))
        return future


def _serve(work: SimpleQueue[_Work | None]) -> None:
    """Does one piece of work after another, until there is no more."""
    while (item := work.get()) is not None:
        future, task = item
        if not future.set_running_or_notify_cancel():
            continue
        try:
            result = task()
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is taken
            future.set_exception(error)
        else:
            future.set_result(result)
