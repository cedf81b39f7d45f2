"""Workers beside each other, killed ones, and ones that are asked to end."""

from __future__ import annotations

import signal
from typing import Any

from quickbooks_demo.waiting import wait_for

LEASE = ("--lease", "2")


def a_customer(books: Any) -> str:
    books.mirror("customer")
    return str(books.query("SELECT id FROM customer ORDER BY id LIMIT 1")[0][0])


def payments(books: Any, note: str) -> int:
    return len([d for d in books.documents("payment") if d.get("PrivateNote") == note])


def test_two_workers_share_a_queue_and_keep_the_order_of_a_row(books: Any) -> None:
    customer = a_customer(books)
    updates = [books.enqueue("customer", "update", customer, notes=f"note {n}") for n in range(15)]
    creates = [
        books.enqueue("payment", "create", customer_id=customer, total_amt=n + 1, private_note="shared")
        for n in range(15)
    ]

    with books.following(name="one"), books.following(name="two"):
        books.wait(*updates, *creates)

    assert payments(books, "shared") == 15
    assert books.query("SELECT notes FROM customer WHERE id = %s", customer) == [("note 14",)]
    assert books.query(
        "SELECT bool_and(finished_at >= previous) FROM (SELECT finished_at, lag(finished_at) OVER (ORDER BY queue_id) "
        "AS previous FROM _sync_queue WHERE operation = 'update') AS q"
    ) == [(True,)]


def test_a_worker_killed_before_its_request_was_done_leaves_the_change_to_another(books: Any) -> None:
    customer = a_customer(books)
    books.sandbox.control("switches", requestid_retention_s="1")
    books.sandbox.control("faults", kind="timeout_before", method="POST", path="payment", delay_s=30)
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=9, private_note="killed")
    with books.following(*LEASE, name="killed") as worker:
        wait_for(lambda: books.query("SELECT 1 FROM _sync_request"), "the request", 30)
        worker.kill()

    with books.following(*LEASE, name="next"):
        books.wait(number)

    assert payments(books, "killed") == 1


def test_a_worker_killed_after_its_request_was_done_does_not_make_it_twice(books: Any) -> None:
    customer = a_customer(books)
    books.sandbox.control("switches", requestid_retention_s="1")
    books.sandbox.control("faults", kind="timeout_after", method="POST", path="payment", delay_s=30)
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=9, private_note="killed")
    with books.following(*LEASE, name="killed") as worker:
        wait_for(lambda: payments(books, "killed"), "the payment", 30)
        worker.kill()

    with books.following(*LEASE, name="next"):
        books.wait(number)

    assert payments(books, "killed") == 1
    assert books.query("SELECT count(*) FROM _sync_request") == [(1,)]


def test_a_worker_that_is_asked_to_end_finishes_what_it_has_begun(books: Any) -> None:
    customer = a_customer(books)
    books.sandbox.control("faults", kind="slow", method="POST", path="payment", delay_s=2)
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=9, private_note="ended")

    with books.following() as worker:
        wait_for(lambda: books.query("SELECT 1 FROM _sync_request"), "the request", 30)
        worker.process.send_signal(signal.SIGTERM)
        code = worker.process.wait(30)

    assert (code, books.status(number)) == (0, ["done"]), worker.words()


def test_a_lease_is_kept_as_long_as_the_worker_lives(books: Any) -> None:
    customer = a_customer(books)
    books.sandbox.control("faults", kind="slow", method="POST", path="payment", delay_s=6)
    number = books.enqueue("payment", "create", customer_id=customer, total_amt=9, private_note="slow")

    with books.following(*LEASE, name="one"), books.following(*LEASE, name="two"):
        books.wait(number)

    assert books.change(number)["attempts"] == 1
    assert payments(books, "slow") == 1


def test_a_worker_survives_the_loss_of_its_connections(books: Any) -> None:
    customer = a_customer(books)
    first = books.enqueue("payment", "create", customer_id=customer, total_amt=9)
    with books.following() as worker:
        books.wait(first)
        books.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'target-quickbooks'"
        )

        second = books.enqueue("payment", "create", customer_id=customer, total_amt=10)

        books.wait(second)
        assert worker.process.poll() is None


def test_what_a_lost_connection_left_in_the_middle_is_taken_up_by_the_same_worker(books: Any) -> None:
    customer = a_customer(books)
    books.sandbox.control("faults", kind="slow", method="POST", path="payment", delay_s=4)
    number = books.enqueue(
        "payment", "create", customer_id=customer, total_amt=9, private_note="lost connection"
    )
    with books.following(*LEASE):
        wait_for(lambda: books.query("SELECT 1 FROM _sync_request"), "the request", 30)
        books.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'target-quickbooks'"
        )

        books.wait(number)

    assert books.change(number)["attempts"] > 1
    assert payments(books, "lost connection") == 1


def test_a_trigger_of_the_users_that_refuses_does_not_stop_the_queue(books: Any) -> None:
    books.query(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not in my mirror'; END$$; "
        "CREATE TRIGGER no BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION no()"
    )
    customer = a_customer(books)
    number = books.enqueue(
        "payment", "create", customer_id=customer, total_amt=9, private_note="refused here"
    )

    books.drain()

    assert books.status(number) == ["done"]
    assert books.change(number)["error"] == "Done in QuickBooks, but not merged: not in my mirror"
    assert payments(books, "refused here") == 1
