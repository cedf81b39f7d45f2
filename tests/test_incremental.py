"""What a run brings that goes on from another: changes, deletions, columns and objects chosen anew.

Tap and loader run as they do in Meltano; the mirror is compared with the company in every row and column.
"""

from __future__ import annotations

import pytest
from following.mirror import Mirror
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.pipeline import Pipeline
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import run

pytestmark = pytest.mark.xdist_group("incremental")  # one first run for all tests of this page


def test_an_idle_run_asks_for_changes_once_and_sends_one_batch(begun: Mirror) -> None:
    begun.sync()
    begun.later()

    run = begun.sync()

    asked = begun.asked()
    assert [line.split("?")[0].rsplit("/", 1)[1] for line in asked] == ["cdc", "batch"], asked
    assert {kind: times for kind, times in run["calls"].items() if kind != "oauth"} == {"cdc": 1, "batch": 1}
    assert begun.rows(
        "select calls, batch_items > 20, sum(rows) from _sync_cdc where table_name = '*' group by 1, 2"
    ) == [(2, True, None)]
    assert run["counts"] == {entity.table: 0 for entity in MIRRORED}
    assert begun.differences() == []


def test_changes_deletions_voids_and_deactivations_arrive(begun: Mirror) -> None:
    begun.person("edit", "Customer", "3", changes={"Notes": "called"})
    begun.person("deactivate", "Customer", "4")
    begun.person("delete", "Estimate", "48")
    begun.person("void", "Invoice", "49")
    begun.person("edit", "TaxAgency", "1", changes={"DisplayName": "Another agency"})

    begun.sync()

    assert not [line for line in begun.asked() if "startposition" in line]
    assert begun.rows("select table_name, id, source, status from _sync_deletes") == [
        ("estimate", "qbk_est48", "cdc", "done")
    ]
    assert begun.differences() == []


def test_a_table_chosen_later_is_read_alone(mirror: Mirror) -> None:
    mirror.sync(select={"invoice": (), "term": ()})
    mirror.later()

    mirror.sync(select={"invoice": (), "term": (), "customer": ()})

    (query,) = [line for line in mirror.asked() if "select+%2A" in line]
    assert "from+Customer" in query
    assert mirror.rows("select count(*) from customer") == [(29,)]


def test_a_column_chosen_later_is_read_alone_by_a_narrow_query(mirror: Mirror) -> None:
    mirror.sync(select={"customer": ("notes", "bill_addr_city", "bill_addr_line1")})
    assert mirror.rows("select count(bill_addr_city), count(bill_addr_line1) from customer") == [(0, 0)]
    mirror.later()
    mirror.person("edit", "Customer", "3", changes={"Notes": "called"})

    mirror.sync(select={"customer": ("notes", "bill_addr_line1")})

    (query,) = [line for line in mirror.asked() if "select" in line and "count" not in line]
    assert "select+Id%2C+SyncToken%2C+MetaData%2C+BillAddr+from+Customer" in query
    assert mirror.rows(
        "select count(bill_addr_city), count(bill_addr_line1), count(notes) from customer"
    ) == [(28, 0, 0)]
    assert mirror.rows("select column_name from _sync_deselected order by 1") == [
        ("bill_addr_line1",),
        ("notes",),
    ]
    mirror.sync(select={"customer": ()})
    assert [one for one in mirror.differences() if one.startswith("customer ")] == []


def test_a_table_that_is_no_longer_chosen_is_emptied_and_marked(mirror: Mirror) -> None:
    mirror.sync(select={"customer": (), "invoice": ()})
    mirror.do("create table my_note (invoice_id text references invoice (id))")
    mirror.do("insert into my_note select id from invoice limit 1")

    mirror.sync(select={"customer": ()})

    assert mirror.rows(
        "select status, bookmark is null, error ~ 'my_note' from _sync_cdc where table_name = 'invoice'"
    ) == [("deselected", True, True)]
    mirror.do("drop table my_note")
    mirror.sync(select={"customer": ()})
    assert mirror.rows("select count(*) from invoice") == [(0,)]
    assert mirror.rows("select status, error from _sync_cdc where table_name = 'invoice'") == [
        ("deselected", None)
    ]
    # A state of before then goes on from rows that are no longer there.
    code, words = mirror.attempt(mirror.states[1], {"customer": (), "invoice": ()})
    assert code[1] != 0
    assert "--full-refresh" in words
    mirror.sync(select={"customer": (), "invoice": ()})
    assert mirror.rows("select count(*) from invoice") == [(31,)]


@pytest.mark.parametrize("touch", ["touch", "silent"])
def test_balances_moved_by_documents_follow_whether_they_are_told_or_not(begun: Mirror, touch: str) -> None:
    begun.sandbox.control("switches", touch_on_balance=touch)
    ((invoice, customer),) = begun.rows(
        "select id, customer_id from invoice where balance > 20 order by id limit 1"
    )
    begun.pay(invoice.removeprefix("qbk_inv"), customer.removeprefix("qbk_cust"))
    begun.person("edit", "Account", "33", changes={"Description": "an account that is told itself"})

    begun.sync()

    assert begun.differences() == []


def test_accounts_follow_a_document_that_is_gone(begun: Mirror) -> None:
    begun.sandbox.control("switches", touch_on_balance="silent")
    ((deposit,),) = begun.rows("select min(substring(id from '[0-9]+')) from deposit")
    begun.person("delete", "Deposit", deposit)

    begun.sync()

    assert [one for one in begun.differences() if one.startswith("account ")] == []


def test_balances_follow_documents_that_are_read_whole_once_more(mirror: Mirror) -> None:
    mirror.sandbox.control("switches", touch_on_balance="silent")
    all_of_them = {entity.table: () for entity in MIRRORED}
    mirror.sync(select={**all_of_them, "payment": ("extra",)})
    mirror.later()
    ((invoice, customer),) = mirror.rows(
        "select id, customer_id from invoice where balance > 20 order by id limit 1"
    )
    mirror.pay(invoice.removeprefix("qbk_inv"), customer.removeprefix("qbk_cust"))

    mirror.sync(select=all_of_them)

    assert mirror.differences() == []


def test_more_changes_in_one_second_than_any_answer_holds(begun: Mirror) -> None:
    begun.sandbox.control("generate", object="Customer", count=5_000, per_second=5_000)

    begun.sync()

    assert begun.rows("select count(*) from customer") == [(5_029,)]
    assert begun.differences() == []


def test_two_thousand_deletions_of_which_a_foreign_key_forbids_one(begun: Mirror) -> None:
    first = int(begun.sandbox.control("generate", object="Invoice", count=3_000)["first"])
    begun.sync()
    held = f"qbk_inv{first + 7}"
    begun.do("create table my_note (invoice_id text references invoice (id))")
    begun.do(f"insert into my_note values ('{held}')")
    begun.later()
    for id in range(first, first + 2_000):
        begun.person("delete", "Invoice", str(id))

    begun.sync()

    assert begun.rows("select id, status from _sync_deletes where status <> 'done'") == [(held, "forbidden")]
    assert begun.differences() == [f"invoice {held} : mirror 'a row', QuickBooks 'none'"]
    warned = run("quickbooks", "status", "--warnings", DATABASE_URL=begun.database.url)
    assert (warned.code, warned.out) == (0, "")
    assert "warning: forbidden: 1 rows that QuickBooks no longer has" in warned.err
    begun.do("drop table my_note")
    begun.sync()
    assert begun.differences() == []


def test_after_a_month_without_a_run_everything_is_caught(begun: Mirror) -> None:
    begun.person("edit", "Customer", "3", changes={"Notes": "called"})
    begun.person("delete", "Estimate", "48")
    begun.person("merge", "Customer", "2", into="1")
    begun.sandbox.control("clock", advance_s=31 * 86_400)

    begun.sync()

    assert begun.differences() == []


@pytest.mark.parametrize(("ahead_s", "is_read_between"), [(-300, False), (-300, True), (300, False)])
def test_a_clock_that_is_five_minutes_off_hides_no_change(
    begun: Mirror, ahead_s: int, is_read_between: bool
) -> None:
    begun.sync("")  # all rows are read by the clock as it is
    gone = begun.work()
    begun.sync()
    begun.sandbox.control("clock", advance_s=ahead_s)
    for happens in (
        lambda: begun.person("edit", "Customer", "3", changes={"Notes": "at once"}),
        lambda: begun.person("delete", "Estimate", "48"),
        lambda: begun.person("delete", "TimeActivity", gone),
        lambda: begun.work(),
        lambda: begun.person("merge", "Customer", "2", into="1"),
    ):
        if is_read_between:
            begun.sync()
        happens()

    begun.sync()

    assert begun.differences() == []


def test_reconcile_finds_and_repairs_what_nobody_told(begun: Mirror) -> None:
    begun.rows_of_owner("delete from customer where id = 'qbk_cust3'")
    begun.rows_of_owner("update invoice set balance = 5 where id = 'qbk_inv49'")
    begun.rows_of_owner(
        "update account set name = 'newer', updated_at = '2050-01-01' where id = 'qbk_acct33'"
    )
    begun.rows_of_owner(
        "insert into term (id, name, _sync_read_at) values ('qbk_term999', 'ghost', '2020-01-01')"
    )

    seen = begun.reconcile("--dry-run")
    done = begun.reconcile()
    forced = begun.reconcile("--force", "account")

    assert (seen.code, done.code, forced.code) == (0, 0, 0), (seen, done, forced)
    for line in (
        "  1 not in the mirror: qbk_cust3",
        "  1 only in the mirror: qbk_term999",
        "  1 different: qbk_inv49 (balance)",
        "  1 different: qbk_acct33 (name, updated_at)",
        "customer_type: 2 rows, all equal",
    ):
        assert line in seen.out.splitlines(), seen.out
    assert seen.out.splitlines()[-1].startswith(
        f"4 differences in 4 of {len(MIRRORED)} tables, nothing changed; calls of the API: "
    )
    assert (
        "  1 kept: newer in the mirror, or locked by a client (--force lets rows go back): qbk_acct33"
        in done.out
    )
    assert forced.out.splitlines()[-1].startswith("1 differences in 1 of 1 tables; calls of the API: 1 query")
    assert begun.differences() == []
    assert (
        begun.reconcile()
        .out.splitlines()[-1]
        .startswith(f"{len(MIRRORED)} tables are equal; calls of the API: ")
    )


def test_meltano_goes_on_from_the_run_before_and_from_a_full_refresh(
    pipeline: Pipeline, sandbox: Sandbox
) -> None:
    for arguments in (["sync"], ["--full-refresh", "sync"]):
        sandbox.control("clock", advance_s=120)
        code, words = pipeline.run("run", *arguments)
        assert code == 0, words
    sandbox.control("clock", advance_s=120)
    sandbox.control("requests")

    code, words = pipeline.run("run", "sync")

    assert code == 0, words
    counts = sandbox.look("requests")["counts"]
    assert {kind: times for kind, times in counts.items() if kind != "oauth"} == {"cdc": 1, "batch": 1}
