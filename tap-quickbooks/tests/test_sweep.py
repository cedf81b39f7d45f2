"""Sums of ids by windows: a window that has lost, won or exchanged an id is told from one that has not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tap_quickbooks.sweep import Sums

START = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = [START + timedelta(hours=hour) for hour in (1, 2, 3)]


def sums(*rows: tuple[str, float]) -> tuple[int, ...]:
    found = Sums(list(ENDS))
    for id, hours in rows:
        found.add(id, START + timedelta(hours=hours))
    return found.digest.sums


def test_order_does_not_matter_and_what_is_newer_than_all_windows_does_not_count() -> None:
    assert sums(("a", 0.5), ("b", 1), ("c", 2.5)) == sums(("c", 2.5), ("b", 1), ("a", 0.5), ("d", 3))


def test_a_window_that_has_lost_an_id_is_another() -> None:
    before, after = sums(("a", 0.5), ("b", 1.5), ("c", 1.6)), sums(("a", 0.5), ("c", 1.6))

    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_an_id_that_was_exchanged_for_another_is_seen_though_the_number_is_the_same() -> None:
    assert sums(("a", 0.5)) != sums(("b", 0.5))
