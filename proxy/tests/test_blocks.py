"""Writes inside transactions, pipelines and savepoints: the state of the transaction is Postgres' own."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from quickbooks_demo.books import Books
from quickbooks_demo.waiting import wait_for

from .conftest import Start, Writer

NOTE = "update customer set notes = %s where id = %s"


def test_a_write_in_a_block_happens_at_once_and_the_block_goes_on(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        (id,) = client.execute(
            "insert into customer (display_name) values ('In a block') returning id"
        ).fetchone() or ("",)
        client.execute(NOTE, ["and noted", id])
        shown = client.execute("select display_name, notes from customer where id = %s", [id]).fetchone()
        status = client.info.transaction_status

    assert (shown, status) == (("In a block", "and noted"), TransactionStatus.INTRANS)
    assert writer.document("Customer", id.removeprefix("qbk_cust"))["Notes"] == "and noted"
    ((one, other),) = writer.books.query(
        "select min(client_transaction), max(client_transaction) from _sync_queue"
    )
    assert one == other
    assert one.isdigit()


def test_an_error_of_quickbooks_fails_the_block_until_it_is_rolled_back(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        client.execute("create temp table kept (n int)")
        with pytest.raises(psycopg.errors.GeneratedAlways):
            client.execute("update customer set balance = 1 where id = 'qbk_cust1'")
        assert client.info.transaction_status == TransactionStatus.INERROR
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute(NOTE, ["x", "qbk_cust1"])
        client.rollback()

        assert client.execute("select to_regclass('kept')").fetchone() == (None,)


def test_an_error_of_postgres_fails_the_block_too(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("update customer set notes = (1 / 0)::text where id = 'qbk_cust1'")
        assert client.info.transaction_status == TransactionStatus.INERROR
        client.rollback()

        assert client.execute(NOTE, ["after", "qbk_cust1"]).statusmessage == "UPDATE 1"


def test_a_savepoint_takes_a_block_back_to_before_the_error(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        client.execute("create temp table kept (n int)")
        client.execute("savepoint before")
        with pytest.raises(psycopg.errors.GeneratedAlways):
            client.execute("update customer set balance = 1 where id = 'qbk_cust1'")
        client.execute("rollback to savepoint before")
        client.execute(NOTE, ["later", "qbk_cust1"])
        client.execute("insert into kept values (1)")

        assert client.info.transaction_status == TransactionStatus.INTRANS
        assert client.execute("select count(*) from kept").fetchone() == (1,)
    assert writer.document("Customer", "1")["Notes"] == "later"


def test_nothing_of_a_statement_that_is_tried_out_is_locked_or_left(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client, writer.connect() as other:
        client.execute(NOTE, ["one", "qbk_cust1"])

        assert other.execute(NOTE, ["two", "qbk_cust1"]).statusmessage == "UPDATE 1"
        assert client.execute("select notes from customer where id = 'qbk_cust1'").fetchone() == ("two",)


def test_a_pipeline_is_one_transaction(writer: Writer) -> None:
    with writer.connect() as client, client.pipeline():
        first = client.execute("select 1")
        second = client.execute(NOTE + " returning notes", ["a", "qbk_cust1"])
        third = client.execute(NOTE + " returning notes", ["b", "qbk_cust2"])
        last = client.execute("select notes from customer where id = 'qbk_cust2'")

        rows = [cursor.fetchall() for cursor in (first, second, third, last)]

    assert rows == [[(1,)], [("a",)], [("b",)], [("b",)]]
    assert writer.books.query("select count(distinct client_transaction) from _sync_queue") == [(1,)]


def test_in_a_pipeline_what_follows_an_error_is_skipped(writer: Writer) -> None:
    with writer.connect() as client:
        with pytest.raises(psycopg.errors.GeneratedAlways):
            refused_in_a_pipeline(client)

        assert client.info.transaction_status == TransactionStatus.IDLE
        assert client.execute("select to_regclass('gone')").fetchone() == (None,)
    assert writer.document("Customer", "1").get("Notes") != "x"


def refused_in_a_pipeline(client: psycopg.Connection[Any]) -> None:
    with client.pipeline():
        client.execute("create temp table gone (n int)")
        client.execute("update customer set balance = 1 where id = 'qbk_cust1'")
        client.execute(NOTE, ["x", "qbk_cust1"])


def test_a_begin_behind_a_write_in_a_pipeline_leaves_a_block_open(writer: Writer) -> None:
    heard: list[str | None] = []

    with writer.connect() as client:
        client.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        with client.pipeline():
            client.execute(NOTE, ["before", "qbk_cust1"])
            client.execute("begin")
            client.execute(NOTE, ["behind", "qbk_cust2"])
        status = client.info.transaction_status
        client.execute("rollback")

    assert (status, heard) == (TransactionStatus.INTRANS, [])
    wait_for(lambda: fates(writer) == [("done", "undone")] * 2, "both are undone", 30)


def test_executemany_writes_each_and_returns_each(writer: Writer) -> None:
    with writer.connect() as client, client.cursor() as cursor:
        cursor.executemany(
            "insert into customer (display_name) values (%s) returning display_name, id",
            [["Many 1"], ["Many 2"], ["Many 3"]],
            returning=True,
        )
        rows = []
        while True:
            rows += cursor.fetchall()
            if not cursor.nextset():
                break

    assert [name for name, _ in rows] == ["Many 1", "Many 2", "Many 3"]
    assert dict(rows) == dict(
        writer.books.query("select display_name, id from customer where display_name like 'Many%%'")
    )


def test_executemany_is_one_transaction(writer: Writer) -> None:
    with writer.connect() as client, client.cursor() as cursor:
        cursor.executemany(NOTE, [["a", "qbk_cust1"], ["b", "qbk_cust2"]])
        updated = cursor.rowcount
        with pytest.raises(psycopg.errors.NoDataFound):
            cursor.executemany(NOTE, [["x", "qbk_cust1"], ["x", "qbk_cust1234567"]])
        status = client.info.transaction_status

    assert (updated, status) == (2, TransactionStatus.IDLE)
    assert writer.document("Customer", "2")["Notes"] == "b"
    wait_for(
        lambda: writer.document("Customer", "1")["Notes"] == "a", "the first of the failed ones is undone", 30
    )


def test_executemany_deletes_each(writer: Writer) -> None:
    ids = writer.books.query("select id from customer where balance = 0 limit 2")

    with writer.connect() as client, client.cursor() as cursor:
        cursor.executemany("delete from customer where id = %s", ids)
        deleted = cursor.rowcount

    assert deleted == 2
    inactive = "select id from customer where not active and id = any(%s)"
    assert len(writer.books.query(inactive, [id for (id,) in ids])) == 2


def test_a_prepared_statement_is_written_each_time(writer: Writer) -> None:
    with writer.connect(prepare_threshold=0) as client:
        tags = [client.execute(NOTE, [f"time {n}", "qbk_cust1"]).statusmessage for n in range(3)]
        client.execute("deallocate all")

    assert tags == ["UPDATE 1"] * 3
    assert writer.document("Customer", "1")["Notes"] == "time 2"


def test_the_upsert_of_a_known_row_is_an_update(writer: Writer) -> None:
    upsert = (
        "insert into customer (id, display_name, notes) values (%s, 'Upsert', 'x') "
        "on conflict (id) do update set notes = excluded.notes returning id, notes"
    )

    with writer.connect() as client:
        assert client.execute(upsert, ["qbk_cust1"]).fetchall() == [("qbk_cust1", "x")]


def test_a_statement_that_writes_a_table_of_ones_own_too_is_refused(writer: Writer) -> None:
    before = writer.books.writes()

    with writer.connect() as client:
        client.execute("create temp table log (id text)")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cannot write both customer and log"):
            client.execute(
                "with done as (update customer set notes = 'x' where id = 'qbk_cust1' returning id) "
                "insert into log select id from done"
            )
        assert client.execute("select count(*) from log").fetchone() == (0,)
    assert writer.books.writes() == before


def test_reads_of_the_mirror_into_tables_of_ones_own_stay_what_they_are(writer: Writer) -> None:
    with writer.connect() as client:
        client.execute("create temp table copied (id text)")
        tag = client.execute("insert into copied select id from customer").statusmessage

        assert client.execute("select 'INSERT 0 ' || count(*) from copied").fetchone() == (tag,)


def test_a_read_only_transaction_says_so_itself(writer: Writer) -> None:
    with writer.connect() as client:
        client.execute("set default_transaction_read_only = on")

        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="cannot execute UPDATE"):
            client.execute(NOTE, ["x", "qbk_cust1"])


def test_a_role_with_one_column_may_write_that_one(writer: Writer) -> None:
    database = writer.books.database
    login = database.login("quickbooks_reader")
    database.superuser.query("grant update (notes) on customer to test_quickbooks_reader")

    with psycopg.connect(
        writer.address.by("test_quickbooks_reader", "password-of-the-tests").url, autocommit=True
    ) as client:
        tag = client.execute(NOTE, ["x", "qbk_cust1"]).statusmessage
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("update customer set display_name = 'x' where id = 'qbk_cust1'")

    assert (tag, bool(login)) == ("UPDATE 1", True)
    assert writer.books.query("select asked_by from _sync_queue") == [("test_quickbooks_reader",)]


def fates(writer: Writer) -> list[tuple[str, str]]:
    """What became of each change, without those that undo others."""
    return [tuple(row) for row in writer.books.query(
        "select status, fate from _sync_queue where undoes is null and operation <> 'read' order by queue_id"
    )]  # fmt: skip


def test_what_is_rolled_back_is_undone_in_quickbooks(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        (id,) = client.execute(
            "insert into customer (display_name) values ('Not for long') returning id"
        ).fetchone() or ("",)
        client.execute(NOTE, ["not for long", "qbk_cust1"])
        client.rollback()

    wait_for(lambda: fates(writer) == [("done", "undone")] * 2, "both are undone", 30)
    assert writer.document("Customer", "1").get("Notes") is None
    assert writer.books.query("select active from customer where id = %s", id) == [(False,)]


def test_what_is_committed_stays(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        client.execute(NOTE, ["stays", "qbk_cust1"])

    wait_for(lambda: fates(writer) == [("done", "settled")], "it is settled", 30)
    assert writer.document("Customer", "1")["Notes"] == "stays"


def test_going_back_to_a_savepoint_undoes_what_came_after_it(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        client.execute(NOTE, ["before", "qbk_cust1"])
        client.execute("savepoint one")
        client.execute(NOTE, ["after", "qbk_cust2"])
        client.execute("rollback to savepoint one")
        client.execute(NOTE, ["again", "qbk_cust3"])
        wait_for(lambda: ("done", "undone") in fates(writer), "the middle one is undone", 30)

    wait_for(
        lambda: fates(writer) == [("done", "settled"), ("done", "undone"), ("done", "settled")],
        "all has ended",
        30,
    )
    assert [writer.document("Customer", n).get("Notes") for n in "123"] == ["before", None, "again"]


def test_a_client_that_dies_in_a_block_leaves_nothing(writer: Writer) -> None:
    client = psycopg.connect(writer.address.url)
    client.execute(NOTE, ["dying", "qbk_cust1"])
    client.pgconn.finish()
    client.close()

    wait_for(lambda: fates(writer) == [("done", "undone")], "it is undone", 30)
    assert writer.document("Customer", "1").get("Notes") is None


def test_a_statement_that_fails_part_way_is_taken_back_though_the_proxy_has_died(
    books: Books, start: Start
) -> None:
    books.mirror("customer")
    proxy = start()
    writer = Writer(books, proxy.address(books.database.login("quickbooks_writer")))
    client = writer.connect()
    client.pgconn.send_query(b"insert into customer (display_name) values ('Part 1'), ('Part 2'), ('Part 1')")
    client.pgconn.flush()
    wait_for(lambda: len(fates(writer)) == 3, "it is queued")
    proxy.child.kill()

    with books.following():
        wait_for(lambda: {fate for _, fate in fates(writer)} == {"undone"}, "it is undone", 30)

    client.close()
    assert sorted(status for status, _ in fates(writer)) == ["done", "done", "failed"]
    assert books.query("select active from customer where display_name like 'Part%%'") == [(False,)] * 2


@pytest.mark.parametrize("is_block", [False, True])
def test_a_statement_that_fails_part_way_is_taken_back(writer: Writer, is_block: bool) -> None:
    with psycopg.connect(writer.address.url, autocommit=not is_block) as client:
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            client.execute("insert into customer (display_name) values ('Part 1'), ('Part 2'), ('Part 1')")
        client.rollback()

    assert refused.value.diag.message_primary is not None
    assert "Part 1" in refused.value.diag.message_primary
    assert "2 of 3 rows had been written, and have been taken back" in str(refused.value.diag.message_detail)
    assert (
        writer.books.query("select active from customer where display_name like 'Part%%'") == [(False,)] * 2
    )
