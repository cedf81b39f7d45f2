"""Work done ahead of its use: in order, never too much at once, and over at once when something fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from quickbooks_core.reading.ahead import Ahead

PATIENCE_S = 30


class Refused(Exception):
    """What a task may end in."""


def test_results_come_in_the_order_of_the_tasks_whichever_is_ready_first() -> None:
    second_is_done = threading.Event()

    def first() -> str:
        assert second_is_done.wait(PATIENCE_S)
        return "first"

    def second() -> str:
        second_is_done.set()
        return "second"

    with Ahead(2) as ahead:
        results = list(ahead.in_order([first, second]))

    assert results == ["first", "second"]


@pytest.mark.parametrize("in_flight", [1, 3, 10])
def test_so_many_run_at_once_and_never_more(in_flight: int) -> None:
    together = threading.Barrier(in_flight, timeout=PATIENCE_S)
    under_way, most, lock = 0, 0, threading.Lock()

    def task() -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()
        with lock:
            under_way -= 1

    with Ahead(in_flight) as ahead:
        assert len(list(ahead.in_order([task] * (4 * in_flight)))) == 4 * in_flight

    assert most == in_flight


def test_a_slow_reader_lets_only_a_few_results_wait() -> None:
    started: list[int] = []

    def tasks() -> Iterator[Callable[[], int]]:
        for number in range(1000):
            started.append(number)
            yield lambda number=number: number

    with Ahead(10) as ahead:
        results = ahead.in_order(tasks())

        assert [next(results), next(results)] == [0, 1]
        assert len(started) == 21


def test_an_error_comes_in_its_place_and_what_has_not_begun_never_does() -> None:
    begun: list[str] = []

    def fails() -> str:
        begun.append("fails")
        raise Refused

    def good(name: str) -> Callable[[], str]:
        return lambda: begun.append(name) or name

    def results() -> Iterator[str]:
        with Ahead(1) as ahead:
            yield from ahead.in_order([good("a"), fails, good("b"), good("c")])

    reading = results()
    assert next(reading) == "a"
    with pytest.raises(Refused):
        next(reading)
    assert begun == ["a", "fails"]


def test_an_error_does_not_wait_for_what_is_still_under_way() -> None:
    hangs, ended = threading.Event(), threading.Event()

    def fails() -> None:
        raise Refused

    def hanging() -> None:
        hangs.wait(PATIENCE_S)

    def work() -> None:
        with pytest.raises(Refused), Ahead(2) as ahead:
            list(ahead.in_order([fails, hanging]))
        ended.set()

    threading.Thread(target=work).start()

    assert ended.wait(PATIENCE_S / 2)
    hangs.set()
