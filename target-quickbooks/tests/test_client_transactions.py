"""Changes that are made while a client's transaction is open: what becomes of them when it ends, whoever has died."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from quickbooks_core.writing import encoded
from quickbooks_demo.waiting import wait_for

LEASE = ("--lease", "2")


class Client:
    """A client with an open transaction, and the proxy that asks for its changes on a connection of its own."""

    def __init__(self, books: Any, connection: psycopg.Connection) -> None:
        self.books = books
        self.connection = connection
        self.pid = connection.info.backend_pid
        ((self.transaction,),) = connection.execute("SELECT pg_current_xact_id()::text").fetchall()

    def asks(
        self, table: str, doing: str, id: str | None = None, /, group: str | None = None, **values: Any
    ) -> int:
        """A change within the transaction; its number."""
        number: int = self.books.query(
            "SELECT quickbooks_load.enqueue(%s, %s, %s, %s::jsonb, change_group => %s, in_transaction => %s)",
            table, doing, id, encoded(values).decode(), group, self.transaction,
        )[0][0]  # fmt: skip
        return number


@pytest.fixture
def client(books: Any) -> Iterator[Client]:
    writer = books.database.login("quickbooks_writer")
    connection = psycopg.connect(writer.url)
    yield Client(books, connection)
    connection.close()


@pytest.fixture
def customer(books: Any) -> str:
    books.mirror("customer")
    return str(books.query("SELECT id FROM customer ORDER BY id LIMIT 1")[0][0])


def fates(books: Any, *numbers: int) -> list[str]:
    return [books.change(number)["fate"] for number in numbers]


def ends(books: Any, *numbers: int, patience_s: float = 60) -> list[str]:
    """The fates, when all have an end."""
    wait_for(
        lambda: not {"open", "rolled_back"} & set(fates(books, *numbers)), f"an end of {numbers}", patience_s
    )
    return fates(books, *numbers)


def bare(id: str) -> str:
    return "".join(filter(str.isdigit, id))


def found(books: Any, table: str, id: str) -> dict[str, Any]:
    (document,) = books.documents(table, f"Id = '{bare(id)}' and Active in (true, false)")
    return dict(document)


def test_the_client_has_its_answer_before_its_transaction_ends_and_a_commit_settles_it(
    books: Any, client: Client, customer: str
) -> None:
    with books.following():
        number = client.asks("customer", "update", customer, notes="inside")
        books.wait(number)
        before = fates(books, number)
        client.connection.commit()

        after = ends(books, number)

    assert (before, after) == (["open"], ["settled"])
    assert books.query("SELECT notes FROM customer WHERE id = %s", customer) == [("inside",)]
    assert books.query("SELECT count(*) FROM _sync_queue") == [(1,)]


def test_a_rollback_undoes_everything_in_reverse_order(books: Any, client: Client, customer: str) -> None:
    notes = books.query("SELECT notes, title FROM customer WHERE id = %s", customer)
    with books.following():
        vendor = client.asks("vendor", "create", display_name="Never was")
        books.wait(vendor)
        bill = client.asks(
            "bill", "create", vendor_id=books.change(vendor)["id"],
            line=[{"Amount": 5, "DetailType": "AccountBasedExpenseLineDetail",
                   "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}}}],
        )  # fmt: skip
        first = client.asks("customer", "update", customer, notes="one", title="Dr")
        books.wait(bill, first)
        second = client.asks("customer", "update", customer, notes="two")
        books.wait(second)
        client.connection.rollback()

        after = ends(books, vendor, bill, first, second)

    assert after == ["undone"] * 4
    assert books.query("SELECT notes, title FROM customer WHERE id = %s", customer) == notes
    assert books.query("SELECT 1 FROM bill") == []
    assert books.query("SELECT active FROM vendor") == [(False,)]
    assert books.documents("bill", f"Id = '{bare(books.change(bill)['id'])}'") == []
    undoing = books.query(
        "SELECT undoes, operation FROM _sync_queue WHERE undoes IS NOT NULL ORDER BY queue_id"
    )
    assert undoing == [(second, "update"), (first, "update"), (bill, "delete"), (vendor, "delete")]


@pytest.mark.parametrize("death", ["backend", "server's worker"])
def test_the_death_of_client_and_worker_undoes_it_too(
    books: Any, client: Client, customer: str, death: str
) -> None:
    with books.following(*LEASE, name="first") as worker:
        number = client.asks("payment", "create", customer_id=customer, total_amt=7, private_note="dead")
        books.wait(number)
        if death == "backend":
            books.query("SELECT pg_terminate_backend(%s)", client.pid)
        else:
            books.sandbox.control("faults", kind="timeout_after", method="POST", path="payment", delay_s=30)
            client.connection.close()
            wait_for(
                lambda: books.query("SELECT 1 FROM _sync_request WHERE queue_id <> %s", number), "it", 30
            )
        worker.kill()

    with books.following(*LEASE, name="second"):
        after = ends(books, number)

    assert after == ["undone"]
    assert [d for d in books.documents("payment") if d.get("PrivateNote") == "dead"] == []
    assert books.query("SELECT count(*) FROM _sync_queue WHERE undoes = %s", number) == [(1,)]


def test_what_was_not_sent_when_the_transaction_ended_never_is(
    books: Any, client: Client, customer: str
) -> None:
    number = client.asks("customer", "update", customer, notes="late")
    client.connection.rollback()

    outcome = books.drain()

    change = books.change(number)
    assert (outcome.code, change["status"], change["sqlstate"], change["fate"]) == (
        0,
        "failed",
        "57014",
        "undone",
    )
    assert books.writes() == 0


def test_what_was_under_way_when_the_transaction_ended_is_undone_when_it_is_done(
    books: Any, client: Client, customer: str
) -> None:
    books.sandbox.control("faults", kind="slow", method="POST", path="payment", delay_s=3)
    with books.following():
        number = client.asks("payment", "create", customer_id=customer, total_amt=7, private_note="slow")
        wait_for(lambda: books.query("SELECT 1 FROM _sync_request"), "the request", 30)
        client.connection.rollback()

        after = ends(books, number)

    assert after == ["undone"]
    assert [d for d in books.documents("payment") if d.get("PrivateNote") == "slow"] == []


def test_what_somebody_else_has_changed_since_is_not_undone_but_named(
    books: Any, client: Client, customer: str
) -> None:
    with books.following():
        theirs = client.asks("customer", "update", customer, notes="ours")
        ours = client.asks("customer", "update", customer, title="Dr")
        books.wait(theirs, ours)
        books.sandbox.control(
            "person", action="edit", object="Customer", id=bare(customer), changes={"Notes": "theirs"}
        )
        client.connection.rollback()

        after = ends(books, theirs, ours)

    assert after == ["not_undone", "undone"]
    assert "has another value in notes" in books.change(theirs)["fate_reason"]
    assert found(books, "customer", customer)["Notes"] == "theirs"


def test_a_name_that_was_made_inactive_is_active_again_and_a_deleted_transaction_is_gone(
    books: Any, client: Client
) -> None:
    books.mirror("time_activity")
    ((activity,),) = books.query("SELECT id FROM time_activity ORDER BY id LIMIT 1")
    with books.following():
        vendor = books.enqueue("vendor", "create", display_name="Stays")
        books.wait(vendor)
        id = books.change(vendor)["id"]
        name = client.asks("vendor", "delete", id)
        gone = client.asks("time_activity", "delete", activity)
        books.wait(name, gone)
        client.connection.rollback()

        after = ends(books, name, gone)

    assert after == ["undone", "not_undone"]
    assert books.change(gone)["fate_reason"] == "QuickBooks has deleted it for good"
    assert books.query("SELECT active FROM vendor WHERE id = %s", id) == [(True,)]


def test_a_savepoint_takes_its_own_changes_back_and_the_others_are_settled(
    books: Any, client: Client, customer: str
) -> None:
    with books.following():
        kept = client.asks("customer", "update", customer, title="Dr")
        taken = client.asks("customer", "update", customer, notes="gone")
        books.wait(kept, taken)
        books.query("SELECT quickbooks_load.take_back(%s)", [taken])
        first = ends(books, taken)
        client.connection.commit()

        then = ends(books, kept)

    assert (first, then) == (["undone"], ["settled"])
    assert books.query(
        "SELECT title, notes <> 'gone' OR notes IS NULL FROM customer WHERE id = %s", customer
    ) == [("Dr", True)]


def test_what_went_back_to_a_savepoint_is_not_committed_with_the_rest(
    books: Any, client: Client, customer: str
) -> None:
    """Nobody has looked between the two."""
    client.connection.execute("savepoint one")
    client.connection.execute("create temp table inside (n int)")
    ((savepoint,),) = client.connection.execute(
        "select xmin::text from pg_class where relname = 'inside'"
    ).fetchall()
    ((number,),) = books.query(
        "SELECT (quickbooks_load.enqueue_statement(jsonb_build_array(jsonb_build_object('table', 'customer', "
        "'operation', 'update', 'id', %s::text, 'values', '{\"notes\": \"gone\"}'::jsonb)), "
        "'g', '', 'somebody', '', NULL, %s, %s))[1]",
        customer, client.transaction, savepoint,
    )  # fmt: skip
    with books.following():
        books.wait(number)
    client.connection.execute("rollback to savepoint one")
    client.connection.commit()

    with books.following():
        after = ends(books, number)

    assert after == ["undone"]
    assert found(books, "customer", customer).get("Notes") is None


def test_a_statement_of_many_rows_is_undone_in_few_requests(books: Any, client: Client) -> None:
    books.mirror("customer")
    ids = [id for (id,) in books.query("SELECT id FROM customer ORDER BY id LIMIT 20")]
    before = books.query("SELECT id, notes FROM customer ORDER BY id")
    with books.following():
        numbers = [client.asks("customer", "update", id, group="statement", notes="all") for id in ids]
        books.wait(*numbers)
        books.sandbox.control("requests")
        client.connection.rollback()

        after = ends(books, *numbers)

    assert after == ["undone"] * 20
    assert books.query("SELECT id, notes FROM customer ORDER BY id") == before
    assert books.query(
        "SELECT count(DISTINCT in_group) FROM _sync_queue WHERE undoes IS NOT NULL AND in_group = 'undo statement'"
    ) == [(1,)]


def test_a_lost_answer_while_undoing_undoes_once(books: Any, client: Client, customer: str) -> None:
    before = found(books, "customer", customer)
    with books.following(QUICKBOOKS_REPLAY_WINDOW_S="1"):
        number = client.asks("customer", "update", customer, notes="ours")
        books.wait(number)
        books.sandbox.control("switches", requestid_retention_s="1")
        books.sandbox.control("faults", kind="reset_after", method="POST", path="customer")
        client.connection.rollback()

        after = ends(books, number)

    there = found(books, "customer", customer)
    assert after == ["undone"]
    assert there.get("Notes") == before.get("Notes")
    assert int(there["SyncToken"]) == int(before["SyncToken"]) + 2


def test_a_transaction_of_another_server_is_nobodys_to_judge(
    books: Any, client: Client, customer: str
) -> None:
    client.transaction = "999999999999"
    number = client.asks("customer", "update", customer, notes="whose?")

    books.drain()

    change = books.change(number)
    assert (change["status"], change["fate"], change["fate_reason"]) == (
        "done", "not_undone", "Postgres no longer knows what became of its transaction",
    )  # fmt: skip


def test_a_row_that_a_client_had_locked_goes_when_it_is_free(books: Any, client: Client) -> None:
    books.mirror("time_activity")
    ((activity,),) = books.query("SELECT id FROM time_activity ORDER BY id LIMIT 1")
    client.connection.execute("select from time_activity where id = %s for update", [activity])
    with books.following():
        number = books.enqueue("time_activity", "delete", activity)
        books.wait(number)
        before = books.query("SELECT count(*) FROM time_activity WHERE id = %s", activity)
        client.connection.rollback()

        wait_for(
            lambda: books.query("SELECT 1 FROM time_activity WHERE id = %s", activity) == [], "it is gone", 20
        )

    assert before == [(1,)]
    assert books.query("SELECT status FROM _sync_deletes WHERE id = %s", activity) == [("done",)]
