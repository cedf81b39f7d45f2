"""Changes of one group go thirty at a time, single ones when many wait; each has an end of its own."""

from __future__ import annotations

from typing import Any

import pytest


def rename(books: Any, count: int) -> list[int]:
    """Changes in one group: the first of them one row each."""
    return [
        number
        for (number,) in books.query(
            "SELECT quickbooks_load.enqueue('customer', 'update', id, jsonb_build_object('notes', 'by ' || id), "
            "change_group => 'one statement') FROM (SELECT id FROM customer ORDER BY id LIMIT %s) AS c",
            count,
        )
    ]


def test_a_group_of_updates_takes_a_request_for_thirty(books: Any) -> None:
    books.sandbox.control("generate", object="Customer", count=100)
    books.mirror("customer")
    numbers = rename(books, 95)
    books.sandbox.control("requests")

    outcome = books.drain()

    assert books.status(*numbers) == ["done"] * 95, outcome
    assert books.query("SELECT count(*) FROM customer WHERE notes = 'by ' || id") == [(95,)]
    assert sum(books.sandbox.look("requests")["counts"].values()) == 1 + 4


def test_single_changes_that_wait_share_requests(books: Any) -> None:
    books.sandbox.control("generate", object="Customer", count=100)
    books.mirror("customer")
    numbers = [books.enqueue("customer", "update", f"qbk_cust{n}", notes=f"no. {n}") for n in range(1, 20)]
    books.sandbox.control("requests")

    outcome = books.drain("--threads", "1")

    assert books.status(*numbers) == ["done"] * len(numbers), outcome
    counts = books.sandbox.look("requests")["counts"]
    assert (counts["batch"], counts.get("write")) == (1, None)


def test_few_changes_wait_for_nobody(books: Any) -> None:
    books.mirror("customer")
    numbers = [books.enqueue("customer", "update", f"qbk_cust{n}", notes=f"no. {n}") for n in range(1, 8)]

    books.drain("--threads", "8")

    assert books.status(*numbers) == ["done"] * len(numbers)
    assert books.query("SELECT count(*) FROM _sync_request WHERE b_id IS NOT NULL") == [(0,)]


def test_an_item_that_is_refused_fails_alone_and_a_stale_one_goes_on(books: Any) -> None:
    books.mirror("customer")
    numbers = rename(books, 6)
    (first, second) = (books.change(number)["id"] for number in numbers[:2])
    edit = {"action": "edit", "object": "Customer"}
    books.sandbox.control("person", id=first.removeprefix("qbk_cust"), changes={"Title": "Dr"}, **edit)
    books.sandbox.control("person", id=second.removeprefix("qbk_cust"), changes={"Notes": "theirs"}, **edit)

    books.drain()

    assert books.status(*numbers) == ["done", "failed", "done", "done", "done", "done"]
    assert books.change(numbers[1])["sqlstate"] == "40001"
    assert books.query("SELECT title, notes FROM customer WHERE id = %s", first) == [("Dr", f"by {first}")]


@pytest.mark.parametrize(
    ("kind", "replay"), [("reset_after", "never"), ("reset_before", "whole"), ("cut_after", "done_items")]
)
def test_a_batch_whose_answer_is_lost_is_settled_change_by_change(books: Any, kind: str, replay: str) -> None:
    books.mirror("customer")
    before = {d["Id"]: int(d["SyncToken"]) for d in books.documents("customer")}
    books.sandbox.control("switches", requestid_retention_s="1", batch_replay=replay)
    books.sandbox.control("faults", kind=kind, method="POST", path="batch")
    numbers = rename(books, 10)

    with books.following():
        books.wait(*numbers)

    changed = {books.change(number)["id"].removeprefix("qbk_cust") for number in numbers}
    after = {d["Id"]: int(d["SyncToken"]) for d in books.documents("customer")}
    assert {id: after[id] - before[id] for id in before} == {id: int(id in changed) for id in before}


def test_creates_that_move_money_go_alone(books: Any) -> None:
    books.mirror("customer")
    books.query(
        "SELECT quickbooks_load.enqueue('payment', 'create', NULL, "
        "jsonb_build_object('customer_id', id, 'total_amt', 5), "
        "change_group => 'one statement') FROM (SELECT id FROM customer ORDER BY id LIMIT 5) AS c"
    )
    books.sandbox.control("requests")

    books.drain()

    assert books.query("SELECT status, count(*) FROM _sync_queue GROUP BY 1") == [("done", 5)]
    assert books.query("SELECT count(*) FROM _sync_request WHERE b_id IS NOT NULL") == [(0,)]
    assert books.sandbox.look("requests")["counts"]["write"] == 5


def test_new_names_of_a_group_go_together(books: Any) -> None:
    books.query(
        "SELECT quickbooks_load.enqueue('vendor', 'create', NULL, "
        "jsonb_build_object('display_name', 'Vendor no. ' || n), "
        "change_group => 'one statement') FROM generate_series(1, 20) AS n"
    )
    books.sandbox.control("requests")

    books.drain()

    assert books.query("SELECT count(*) FROM vendor WHERE display_name LIKE 'Vendor no. %%'") == [(20,)]
    assert books.sandbox.look("requests")["counts"].get("write", 0) == 0


@pytest.mark.parametrize("another_body", ["replay", "refuse"])
def test_an_item_of_a_lost_batch_that_was_refused_in_it_is_refused_in_its_own_words(
    books: Any, another_body: str
) -> None:
    """It goes again alone, and must not pass for the batch, whose request id QuickBooks knows."""
    books.mirror("customer")
    ((taken,),) = books.query("SELECT display_name FROM customer WHERE id = 'qbk_cust1'")
    books.sandbox.control("switches", requestid_with_another_body=another_body)
    books.sandbox.control("faults", kind="reset_after", method="POST", path="batch")
    numbers = [
        books.query(
            "SELECT quickbooks_load.enqueue('customer', 'create', NULL, jsonb_build_object('display_name', %s::text), "
            "change_group => 'one statement')",
            name,
        )[0][0]
        for name in (taken, "Not taken")
    ]

    with books.following():
        books.wait(numbers[0], status="failed")
        books.wait(numbers[1])

    assert books.change(numbers[0])["sqlstate"] == "23505"
    assert len(books.documents("customer", "DisplayName = 'Not taken'")) == 1
