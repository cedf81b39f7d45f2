"""What has ended long ago is forgotten, with what was sent for it; keys of what was made are not."""

from __future__ import annotations

from typing import Any

import pytest
from quickbooks_demo.waiting import wait_for


def age(books: Any, days: int, *numbers: int) -> None:
    """Lets changes have ended some days ago."""
    books.query(
        "UPDATE _sync_queue SET finished_at = now() - make_interval(days => %s) WHERE queue_id = ANY (%s)",
        days, list(numbers),
    )  # fmt: skip


def kept(books: Any) -> list[int]:
    return [number for (number,) in books.query("SELECT queue_id FROM _sync_queue ORDER BY 1")]


def test_the_worker_forgets_what_has_ended_long_ago(books: Any) -> None:
    old = books.enqueue("vendor", "create", display_name="Old")
    new = books.enqueue("vendor", "create", display_name="New")
    books.drain()
    age(books, 91, old)
    age(books, 89, new)

    with books.following():
        wait_for(lambda: kept(books) == [new], "the old one's end", 30)

    assert books.query("SELECT queue_id FROM _sync_request") == [(new,)]


@pytest.mark.parametrize(("days", "is_kept"), [("0", True), ("10", False)])
def test_how_long_is_a_setting(books: Any, days: str, is_kept: bool) -> None:
    number = books.enqueue("vendor", "create", display_name="Old")
    last = books.enqueue("vendor", "create", display_name="Last")
    books.drain()
    age(books, 11, number)

    with books.following(QUICKBOOKS_QUEUE_KEEP_DAYS=days):
        # Its first look at the queue's age comes before its second at the queue.
        again = books.enqueue("vendor", "create", display_name="Again")
        books.wait(again)
        if not is_kept:
            wait_for(lambda: number not in kept(books), "the old one's end", 30)

    assert (number in kept(books), last in kept(books)) == (is_kept, True)


def test_a_wrong_number_of_days_is_refused_with_words(books: Any) -> None:
    outcome = books.drain(QUICKBOOKS_QUEUE_KEEP_DAYS="a week")

    assert outcome.code == 1
    assert "QUICKBOOKS_QUEUE_KEEP_DAYS is no number of days: a week" in outcome.err


def test_a_key_outlives_its_change_and_a_failed_one_is_free(books: Any) -> None:
    made = books.enqueue("vendor", "create", key="csv-1", display_name="Once")
    failed = books.enqueue("vendor", "create", key="csv-2", display_name="a:b")
    books.drain()
    age(books, 100, made, failed)
    books.query("SELECT quickbooks_load.prune_queue('90 days', 1000)")

    again = books.enqueue("vendor", "create", key="csv-1", display_name="Once")
    mended = books.enqueue("vendor", "create", key="csv-2", display_name="a b")
    books.drain()

    assert again == made
    assert kept(books) == [mended]
    assert {d["DisplayName"] for d in books.documents("vendor", "DisplayName in ('Once', 'a b')")} == {
        "Once", "a b",
    }  # fmt: skip
    assert len(books.documents("vendor", "DisplayName = 'Once'")) == 1


def test_what_is_not_at_its_end_is_kept_however_old(books: Any) -> None:
    unknown = books.enqueue("vendor", "create", display_name="Unknown")
    before = books.enqueue("vendor", "create", display_name="Before")
    books.drain()
    id = books.change(before)["id"]
    first = books.enqueue("vendor", "update", id, notes="first")
    books.drain()
    waiting = books.enqueue("vendor", "update", id, notes="second")
    books.query("ALTER TABLE _sync_queue DISABLE TRIGGER guard")
    books.query("UPDATE _sync_queue SET status = 'unknown' WHERE queue_id = %s", unknown)
    books.query("UPDATE _sync_queue SET client_transaction = '1', fate = 'open' WHERE queue_id = %s", before)
    books.query("UPDATE _sync_queue SET finished_at = now() - interval '1 year' WHERE status <> 'pending'")
    books.query("ALTER TABLE _sync_queue ENABLE TRIGGER guard")

    books.query("SELECT quickbooks_load.prune_queue('90 days', 1000)")

    assert kept(books) == [unknown, before, first, waiting]
