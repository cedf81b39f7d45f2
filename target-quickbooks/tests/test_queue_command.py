"""`quickbooks queue`: a person looks, tries again, and cancels."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from quickbooks_demo.testing import Outcome, run


def queue(books: Any, *arguments: str) -> Outcome:
    return run("quickbooks", "queue", *arguments, DATABASE_URL=books.database.url)


def test_the_list_says_what_has_become_of_each_change(books: Any) -> None:
    books.enqueue("customer", "create", display_name="One")
    books.enqueue("customer", "create", display_name="a:b")
    books.drain()

    lines = queue(books, "list").out.splitlines()[1:]
    failed = queue(books, "list", "--status", "failed").out.splitlines()[1:]

    assert [line.split()[3] for line in lines] == ["failed", "done"]
    assert failed == lines[:1]
    assert "[QuickBooks] Customer `a:b`" in lines[0]


def test_one_change_is_shown_with_its_requests_but_not_their_bodies(books: Any) -> None:
    number = books.enqueue("customer", "create", display_name="One")
    books.drain()

    shown = json.loads(queue(books, "show", str(number)).out)

    assert (shown["status"], shown["changed"]) == ("done", {"display_name": "One"})
    assert [(r["path"], r["outcome"], "body" in r) for r in shown["requests"]] == [
        ("customer", "done", False)
    ]


def test_what_has_failed_is_tried_again_and_what_is_done_is_not(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = books.enqueue("customer", "update", id, notes="ours")
    bare = id.removeprefix("qbk_cust")
    books.sandbox.control("person", action="edit", object="Customer", id=bare, changes={"Notes": "theirs"})
    books.drain()

    said = queue(books, "retry", str(number))
    books.drain()
    again = queue(books, "retry", str(number))

    assert said.out == f"Change {number} is tried again.\n"
    assert books.status(number) == ["done"]
    assert (again.code, again.err) == (
        1, f"quickbooks: change {number} is done: only what failed or is unknown can be retried.\n"
    )  # fmt: skip


def test_what_is_cancelled_is_not_sent(books: Any) -> None:
    number = books.enqueue("customer", "create", display_name="Never")

    said = queue(books, "cancel", str(number))
    books.drain()

    assert said.out == f"Change {number} is not sent.\n"
    assert (books.change(number)["status"], books.change(number)["sqlstate"]) == ("failed", "57014")
    assert books.documents("customer", "DisplayName = 'Never'") == []


def test_an_unknown_create_is_looked_for_before_it_is_sent_again(books: Any) -> None:
    books.mirror("customer")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    books.sandbox.control("switches", requestid_retention_s="1")
    books.sandbox.control("faults", kind="reset_after", method="POST", path="payment")
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=3, private_note="doubt")
    books.drain()
    books.query("UPDATE _sync_queue SET status = 'unknown' WHERE queue_id = %s", number)

    queue(books, "retry", str(number))
    books.drain()

    assert books.status(number) == ["done"]
    assert len([d for d in books.documents("payment") if d.get("PrivateNote") == "doubt"]) == 1


@pytest.mark.parametrize("status", ["done", "unknown", "settled"])
def test_no_step_is_skipped_whoever_writes_the_queue(books: Any, status: str) -> None:
    number = books.enqueue("customer", "create", display_name="One")

    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused:
        books.query("UPDATE _sync_queue SET status = %s WHERE queue_id = %s", status, number)

    assert refused.value.diag.message_primary == f"Change {number} is pending, and cannot become {status}"
