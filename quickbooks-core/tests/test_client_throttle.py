"""The throttle keeps Intuit's limits and wastes little of them; clock and sleep are the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from quickbooks_core.client.postgres_store import PostgresStore
from quickbooks_core.client.stores import FileStore, Store
from quickbooks_core.client.throttle import Lane, Ledger, Throttle
from quickbooks_demo.testing import Database


class Clock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def most_within(moments: list[float], window_s: float) -> int:
    """The fullest window."""
    return max(sum(start <= moment < start + window_s for moment in moments) for start in moments)


def test_reads_use_at_least_nine_tenths_of_their_share(tmp_path: Path) -> None:
    clock = Clock()
    throttle = Throttle(FileStore(tmp_path), "company", clock, clock.sleep)
    moments = []

    for _ in range(1200):
        with throttle.request(Lane.READ):
            moments.append(clock.now)

    assert most_within(moments, 1) <= 8
    assert most_within(moments, 60) <= 400
    assert 1200 / (moments[-1] - moments[0] + 60 - 400 / 8) >= 0.9 * 400 / 60


def test_a_write_does_not_wait_for_reads_that_have_reserved_ahead() -> None:
    ledger, now = Ledger(), 1_800_000_000.0
    reads = [ledger.reserve(Lane.READ, now) for _ in range(100)]

    writes = [ledger.reserve(Lane.WRITE, now) for _ in range(4)]

    assert writes[:2] == [now, now]
    assert writes[3] < now + 2
    assert most_within([*reads, *writes], 1) <= 10


def test_batches_keep_their_own_limit() -> None:
    ledger, now = Ledger(), 1_800_000_000.0

    moments = [ledger.reserve(Lane.BATCH_WRITE, now) for _ in range(90)]

    assert most_within(moments, 60) == 40


def test_what_waits_to_be_near_reserves_nothing_and_then_leaves_soon(tmp_path: Path) -> None:
    clock = Clock()
    throttle = Throttle(FileStore(tmp_path), "company", clock, clock.sleep)
    for _ in range(40):
        with throttle.request(Lane.BATCH_WRITE):
            began = clock.now

    throttle.wait_until_near(Lane.BATCH_WRITE, 5)
    throttle.wait_until_near(Lane.BATCH_WRITE, 5)
    near = clock.now
    with throttle.request(Lane.BATCH_WRITE):
        left = clock.now

    assert near - began > 50
    assert 0 < left - near <= 5
    assert left - began < 61


@pytest.mark.parametrize("step_s", [-3600.0, 86400.0])
def test_a_clock_that_jumps_costs_no_more_than_a_moment(step_s: float) -> None:
    ledger, now = Ledger(), 1_800_000_000.0
    for _ in range(50):
        ledger.reserve(Lane.READ, now)

    assert ledger.reserve(Lane.READ, now + step_s) == now + step_s


@pytest.fixture(params=["files", "Postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens the same store again, as another process does."""
    if request.param == "files":
        return lambda: FileStore(tmp_path)
    database: Database = request.getfixturevalue("database")
    return lambda: PostgresStore(database.superuser.url)


def test_two_processes_share_one_rate(new_store: Callable[[], Store]) -> None:
    clock, stores = Clock(), [new_store(), new_store()]
    throttles = [Throttle(store, "company", clock, clock.sleep) for store in stores]
    moments = []

    for turn in range(40):
        with throttles[turn % 2].request(Lane.READ):
            moments.append(clock.now)
    for store in stores:
        store.close()

    assert most_within(moments, 1) <= 8


def test_places_are_shared_and_freed(new_store: Callable[[], Store]) -> None:
    one, other = new_store(), new_store()

    free = one.take_any("places", [1])
    assert free
    assert other.take_any("places", [1]) is None
    second = other.take_any("places", [1, 2])
    assert second
    free()
    again = other.take_any("places", [1])
    assert again
    again()
    second()
    one.close()
    other.close()


def test_a_value_is_durable_and_held_by_one(new_store: Callable[[], Store]) -> None:
    one, other = new_store(), new_store()
    with one.hold("value") as slot:
        assert slot.read() is None
        slot.write(b"first")
        slot.write(b"second", durable=False)

    with other.hold("value") as slot:
        assert slot.read() == b"second"
    one.close()
    other.close()


def test_patience_that_quickbooks_asked_for_holds_for_everyone(tmp_path: Path) -> None:
    clock = Clock()
    began = clock.now
    Throttle(FileStore(tmp_path), "company", clock, clock.sleep).pause(30)

    with Throttle(FileStore(tmp_path), "company", clock, clock.sleep).request(Lane.WRITE):
        assert clock.now == began + 30
