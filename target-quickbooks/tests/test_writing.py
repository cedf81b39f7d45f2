"""A queued change reaches QuickBooks and comes back into the mirror."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def test_a_new_row_is_created_and_merged(books: Any) -> None:
    number = books.enqueue("customer", "create", display_name="Amélie & Söhne", notes="new")

    outcome = books.drain()

    assert outcome.code == 0, outcome
    change = books.change(number)
    assert (change["status"], change["attempts"], change["error"]) == ("done", 1, None)
    assert books.query("SELECT id, display_name, notes FROM customer") == [
        (change["id"], "Amélie & Söhne", "new")
    ]
    assert [d["DisplayName"] for d in books.documents("customer", "DisplayName = 'Amélie & Söhne'")] == [
        "Amélie & Söhne"
    ]


def test_changed_columns_of_a_row_are_set_and_cleared(books: Any) -> None:
    books.mirror("customer")
    ((id, before),) = books.query(
        "SELECT id, phone FROM customer WHERE phone IS NOT NULL ORDER BY id LIMIT 1"
    )
    number = books.enqueue("customer", "update", id, phone=None, notes="kept")

    outcome = books.drain()

    assert (outcome.code, books.status(number)) == (0, ["done"]), (outcome, books.change(number))
    assert books.query("SELECT phone, notes FROM customer WHERE id = %s", id) == [(None, "kept")]
    assert before


def test_a_transaction_is_deleted_and_a_name_made_inactive(books: Any) -> None:
    books.mirror("customer", "time_activity", "vendor")
    ((activity,),) = books.query("SELECT id FROM time_activity ORDER BY id LIMIT 1")
    vendor = books.enqueue("vendor", "create", display_name="Soon gone")
    books.drain()
    id = books.change(vendor)["id"]
    numbers = [books.enqueue("time_activity", "delete", activity), books.enqueue("vendor", "delete", id)]

    outcome = books.drain()

    assert books.status(*numbers) == ["done", "done"], outcome
    assert books.query("SELECT 1 FROM time_activity WHERE id = %s", activity) == []
    assert books.query("SELECT active FROM vendor WHERE id = %s", id) == [(False,)]


def test_money_is_exact_on_its_way(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = books.enqueue("payment", "create", customer_id=id, total_amt=Decimal("1234567.89"))

    books.drain()

    assert books.status(number) == ["done"], books.change(number)
    assert books.query("SELECT total_amt::text FROM payment") == [("1234567.89",)]


def test_a_refusal_comes_in_quickbooks_words(books: Any) -> None:
    first = books.enqueue("customer", "create", display_name="Twice")
    again = books.enqueue("customer", "create", display_name="Twice", notes="other")
    books.drain("--threads", "1")

    change = books.change(again)

    assert books.status(first, again) == ["done", "failed"]
    assert (change["sqlstate"], change["code"]) == ("23505", "6240")
    assert change["error"].startswith("[QuickBooks] Customer `Twice`"), change["error"]


def test_what_the_catalogue_knows_to_be_wrong_costs_no_call(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = books.enqueue("customer", "update", id, balance=1)
    books.sandbox.control("requests")

    outcome = books.drain()

    change = books.change(number)
    assert outcome.code == 1
    assert (change["status"], change["sqlstate"], change["error_column"]) == ("failed", "428C9", "balance")
    assert books.sandbox.look("requests")["counts"] == {}


def test_a_key_that_comes_again_gets_the_first_answer(books: Any) -> None:
    first = books.enqueue("customer", "create", key="csv-7", display_name="Once")
    books.drain()

    again = books.enqueue("customer", "create", key="csv-7", display_name="Once")
    books.drain()

    assert again == first
    assert len(books.documents("customer", "DisplayName = 'Once'")) == 1


def test_a_key_whose_change_has_failed_may_be_used_again(books: Any) -> None:
    first = books.enqueue("customer", "create", key="csv-8", display_name="a:b")
    books.drain()

    again = books.enqueue("customer", "create", key="csv-8", display_name="a b")
    books.drain()

    assert books.status(first, again) == ["failed", "done"]


def test_changes_of_one_row_are_made_in_their_order(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    numbers = [books.enqueue("customer", "update", id, notes=f"note {n}") for n in range(8)]

    outcome = books.drain()

    assert books.status(*numbers) == ["done"] * 8, outcome
    assert books.query("SELECT notes FROM customer WHERE id = %s", id) == [("note 7",)]
    # Each knew the version that the one before had made.
    assert books.query("SELECT count(*) FROM _sync_request WHERE outcome = 'refused'") == [(0,)]


def test_another_columns_change_by_a_person_survives(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = books.enqueue("customer", "update", id, notes="ours")
    books.sandbox.control(
        "person", action="edit", object="Customer", id=id.removeprefix("qbk_cust"), changes={"Title": "Dr"}
    )

    books.drain()

    assert books.status(number) == ["done"]
    assert books.query("SELECT notes, title FROM customer WHERE id = %s", id) == [("ours", "Dr")]


def test_the_same_columns_change_by_a_person_is_a_conflict(books: Any) -> None:
    books.mirror("customer")
    ((id,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = books.enqueue("customer", "update", id, notes="ours")
    books.sandbox.control(
        "person",
        action="edit",
        object="Customer",
        id=id.removeprefix("qbk_cust"),
        changes={"Notes": "theirs"},
    )

    books.drain()

    change = books.change(number)
    assert (change["status"], change["sqlstate"], change["error_column"]) == ("failed", "40001", "notes")
    (found,) = books.documents("customer", f"Id = '{id.removeprefix('qbk_cust')}'")
    assert found["Notes"] == "theirs"
