"""Rows whose balances a write has moved follow within a second, many in one request, and hold up nobody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quickbooks_demo.waiting import wait_for


@pytest.fixture
def customer(books: Any) -> str:
    """One below another, with an open invoice of 100."""
    above = books.enqueue("customer", "create", display_name="Above")
    books.drain()
    below = books.enqueue(
        "customer", "create", display_name="Below", parent_id=books.change(above)["id"], job=True
    )
    books.drain()
    id = str(books.change(below)["id"])
    books.mirror("customer", "account", "item")
    return id


def an_invoice(books: Any, customer: str, amount: int = 100) -> str:
    ((item,),) = books.query("SELECT id FROM item WHERE type = 'Service' AND active ORDER BY id LIMIT 1")
    number = books.enqueue(
        "invoice", "create", customer_id=customer,
        line=[{"Amount": amount, "DetailType": "SalesItemLineDetail",
               "SalesItemLineDetail": {"ItemRef": {"value": item}}}],
    )  # fmt: skip
    books.drain()
    return str(books.change(number)["id"])


def a_payment(books: Any, customer: str, invoice: str, amount: int) -> int:
    return int(
        books.enqueue(
            "payment", "create", customer_id=customer, total_amt=amount,
            line=[{"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}],
        )
    )  # fmt: skip


def balances(books: Any, invoice: str, customer: str) -> list[tuple[Decimal, ...]]:
    """Of an invoice, its customer, and the customer above."""
    return list(
        books.query(
            "SELECT i.balance, c.balance_with_jobs, a.balance_with_jobs "
            "FROM invoice AS i, customer AS c, customer AS a WHERE i.id = %s AND c.id = %s AND a.id = c.parent_id",
            invoice, customer,
        )
    )  # fmt: skip


def test_a_payment_moves_the_invoice_the_customer_and_the_one_above(books: Any, customer: str) -> None:
    invoice = an_invoice(books, customer)
    before = balances(books, invoice, customer)
    number = a_payment(books, customer, invoice, 30)

    books.drain()

    assert books.status(number) == ["done"], books.change(number)
    assert before == [(100, 100, 100)]
    assert balances(books, invoice, customer) == [(70, 70, 70)]


def test_what_a_row_pointed_at_before_moves_too(books: Any, customer: str) -> None:
    invoice = an_invoice(books, customer)
    number = a_payment(books, customer, invoice, 30)
    books.drain()
    payment = books.change(number)["id"]
    books.enqueue("payment", "delete", payment)

    books.drain()

    assert books.query("SELECT 1 FROM payment WHERE id = %s", payment) == []
    assert balances(books, invoice, customer) == [(100, 100, 100)]


def test_many_writes_share_a_reading(books: Any, customer: str) -> None:
    invoice = an_invoice(books, customer)
    numbers = [a_payment(books, customer, invoice, amount) for amount in range(1, 11)]
    books.sandbox.control("requests")

    books.drain()

    counts = books.sandbox.look("requests")["counts"]
    reads = {kind: count for kind, count in counts.items() if "write" not in kind}
    assert books.status(*numbers) == ["done"] * 10
    assert balances(books, invoice, customer) == [(45, 45, 45)]
    assert sum(reads.values()) < 10, counts


def test_the_answer_does_not_wait_for_the_reading_which_follows_soon(books: Any, customer: str) -> None:
    invoice = an_invoice(books, customer)
    books.sandbox.control("faults", kind="slow", method="POST", path="batch", delay_s=5)
    with books.following():
        number = a_payment(books, customer, invoice, 30)
        books.wait(number)
        at_the_answer = balances(books, invoice, customer)

        wait_for(lambda: balances(books, invoice, customer) == [(70, 70, 70)], "the balances", 30)

    assert at_the_answer == [(100, 100, 100)]


def test_a_reading_that_fails_is_tried_again(books: Any, customer: str) -> None:
    invoice = an_invoice(books, customer)
    books.sandbox.control("faults", kind="reset_before", method="POST", path="batch", count=3)
    with books.following():
        number = a_payment(books, customer, invoice, 30)
        books.wait(number)

        wait_for(lambda: balances(books, invoice, customer) == [(70, 70, 70)], "the balances", 60)
