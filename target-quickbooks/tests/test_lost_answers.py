"""An answer that is lost: whatever QuickBooks remembers, a change is made once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quickbooks_core.client import boot_time
from quickbooks_core.errors import TooLate
from quickbooks_demo.testing import run

AFTER = ("reset_after", "cut_after", "503_after", "500_after")
BEFORE = ("reset_before", "503", "html")


def forget_request_ids(books: Any) -> None:
    """QuickBooks remembers a request id for a second only."""
    books.sandbox.control("switches", requestid_retention_s="1", batch_replay="never")


def a_customer(books: Any) -> str:
    books.mirror("customer")
    return str(books.query("SELECT id FROM customer ORDER BY id LIMIT 1")[0][0])


@pytest.mark.parametrize("kind", AFTER)
def test_a_create_that_was_done_is_found_and_not_sent_again(books: Any, kind: str) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind=kind, method="POST", path="payment")
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=12.5, private_note="P-1")

    with books.following():
        books.wait(number)

    change = books.change(number)
    assert [d["Id"] for d in books.documents("payment") if d.get("PrivateNote") == "P-1"] == [
        change["id"].removeprefix("qbk_pay")
    ]
    assert books.query("SELECT count(*) FROM _sync_request") == [(1,)]
    assert books.query("SELECT total_amt::text FROM payment WHERE id = %s", change["id"]) == [("12.50",)]


@pytest.mark.parametrize("kind", BEFORE)
def test_a_create_that_was_not_done_is_sent_again_after_a_second_look(books: Any, kind: str) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind=kind, method="POST", path="payment")
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=12.5, private_note="P-1")

    with books.following():
        books.wait(number)

    assert len([d for d in books.documents("payment") if d.get("PrivateNote") == "P-1"]) == 1
    assert books.query(
        "SELECT outcome, request_id = first_value(request_id) OVER w, sent_at - first_value(sent_at) OVER w > '3s' "
        "FROM _sync_request WINDOW w AS (ORDER BY request) ORDER BY request"
    ) == [("absent", True, False), ("done", True, True)]


def test_two_equal_payments_whose_answers_are_lost_stay_two(books: Any) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind="reset_after", method="POST", path="payment", count=2)
    same = {"customer_id": customer, "total_amt": 20, "private_note": "twice meant"}
    numbers = [books.enqueue("payment", "create", **same) for _ in range(2)]

    with books.following():
        books.wait(*numbers)

    made = {d["Id"] for d in books.documents("payment") if d.get("PrivateNote") == "twice meant"}
    assert {books.change(number)["id"].removeprefix("qbk_pay") for number in numbers} == made
    assert len(made) == 2


def test_what_a_person_made_alike_meanwhile_is_not_taken_for_it(books: Any) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind="reset_after", method="POST", path="payment", count=1)
    body = {"CustomerRef": {"value": customer.removeprefix("qbk_cust")}, "TotalAmt": 20}
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=20)
    books.drain()

    books.client.post("payment", json.dumps(body).encode())
    with books.following():
        books.wait(number, status="unknown")

    change = books.change(number)
    assert change["sqlstate"] == "08007"
    assert " and " in change["error"]


@pytest.mark.parametrize("kind", [*AFTER, *BEFORE])
def test_an_update_is_sent_again_as_it_was(books: Any, kind: str) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind=kind, method="POST", path="customer")
    before = books.query("SELECT sync_token::int FROM customer WHERE id = %s", customer)[0][0]
    number = books.enqueue("customer", "update", customer, notes="lost and found")
    books.drain()

    books.sandbox.control("clock", advance_s=10)
    with books.following():
        books.wait(number)

    (found,) = books.documents("customer", f"Id = '{customer.removeprefix('qbk_cust')}'")
    assert (found["Notes"], int(found["SyncToken"])) == ("lost and found", before + 1)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_deletion_is_done_once(books: Any, kind: str) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    payment = books.enqueue("payment", "create", customer_id=customer, total_amt=5)
    books.drain()
    id = books.change(payment)["id"]
    books.sandbox.control("faults", kind=kind, method="POST", path="payment")
    number = books.enqueue("payment", "delete", id)
    books.drain()

    books.sandbox.control("clock", advance_s=10)
    with books.following():
        books.wait(number)

    assert books.query("SELECT 1 FROM payment WHERE id = %s", id) == []
    assert books.documents("payment", f"Id = '{id.removeprefix('qbk_pay')}'") == []


def test_an_update_that_another_one_overtook_is_unknown_where_it_cannot_be_told(books: Any) -> None:
    customer = a_customer(books)
    forget_request_ids(books)
    books.sandbox.control("faults", kind="reset_after", method="POST", path="customer")
    number = books.enqueue("customer", "update", customer, notes="ours")
    books.drain()

    bare = customer.removeprefix("qbk_cust")
    books.sandbox.control("person", action="edit", object="Customer", id=bare, changes={"Notes": "theirs"})
    with books.following():
        books.wait(number, status="unknown")

    assert books.change(number)["sqlstate"] == "08007"


@pytest.mark.parametrize("name", ["QUICKBOOKS_SECOND_LOOK_S", "QUICKBOOKS_REPLAY_WINDOW_S"])
def test_nobody_is_less_patient_with_intuit(name: str) -> None:
    intuit = {"QUICKBOOKS_ENVIRONMENT": "production", "DATABASE_URL": "postgresql://nowhere/none"}

    outcome = run("target-quickbooks", "--drain", **intuit, **{name: "3"})

    assert outcome.code == 1
    assert f"{name}: only for a local sandbox" in outcome.err


def test_what_has_waited_for_too_long_does_not_leave_any_more(books: Any) -> None:
    """Another worker may have taken over, and look for it no longer."""
    body = json.dumps({"DisplayName": "Late"}).encode()

    with pytest.raises(TooLate):
        books.client.post("vendor", body, request_id="late", before=boot_time() - 1)

    assert books.documents("vendor", "DisplayName = 'Late'") == []
