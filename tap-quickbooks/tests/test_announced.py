"""The loader is told of the columns in use, a few times at most, and never of too few."""

from __future__ import annotations

from tap_quickbooks.announced import Announced

KNOWN = {"id": "text", "name": "text", "balance": "number", "extra": "json", "_sync_run": "text"}
MARKS = ("_sync_run",)


def test_only_columns_that_have_had_a_value_are_announced() -> None:
    announced = Announced()

    grown = announced.grown([{"id": "1", "name": "Amy"}, {"id": "2"}])

    assert (grown, announced.narrowed(KNOWN, MARKS)) == (
        True,
        {"id": "text", "name": "text", "_sync_run": "text"},
    )


def test_rows_without_new_columns_need_no_announcement() -> None:
    announced = Announced()
    announced.grown([{"id": "1", "name": "Amy"}])

    grown = announced.grown([{"id": "2"}])

    assert (grown, announced.narrowed(KNOWN, MARKS)) == (
        False,
        {"id": "text", "name": "text", "_sync_run": "text"},
    )


def test_a_later_row_with_a_new_column_widens_the_announcement() -> None:
    announced = Announced()
    announced.grown([{"id": "1"}])

    grown = announced.grown([{"id": "2", "balance": 1}])

    assert (grown, announced.narrowed(KNOWN, MARKS)) == (
        True,
        {"id": "text", "balance": "number", "_sync_run": "text"},
    )


def test_the_fourth_announcement_names_every_column_and_is_the_last() -> None:
    announced = Announced()
    rows = [{"id": "1"}, {"id": "2", "name": "Bea"}, {"id": "3", "balance": 1}, {"id": "4", "other": 1}]

    grown = [announced.grown([row]) for row in (*rows, {"id": "5", "extra": {}})]

    assert (grown, announced.narrowed(KNOWN, MARKS)) == ([True, True, True, True, False], KNOWN)


def test_an_object_without_rows_is_announced_whole() -> None:
    announced = Announced()

    narrowed = announced.narrowed(KNOWN, MARKS)

    assert (announced.anything, narrowed) == (False, KNOWN)
