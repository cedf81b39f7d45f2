"""Work done ahead of its use: several requests under way, results taken in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")

# What QuickBooks allows for one company at a time.
IN_FLIGHT = 10


class Ahead:
    """A pool of request threads; at most `in_flight` requests run at once, whoever asked for them."""

    def __init__(self, in_flight: int = IN_FLIGHT) -> None:
        self._pool = ThreadPoolExecutor(in_flight, thread_name_prefix="quickbooks")
        # As many answers again may wait for the reader: else a thread whose answer has come stands still until
        # all before it have been read.
        self._most = 1 if in_flight == 1 else 2 * in_flight

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    def in_order(self, tasks: Iterable[Callable[[], T]]) -> Iterator[T]:
        """The results of the tasks, in their order; few results wait for the reader."""
        waiting: deque[Future[T]] = deque()
        try:
            for task in tasks:
                waiting.append(self._pool.submit(task))
                if len(waiting) == self._most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
