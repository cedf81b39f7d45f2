"""SQL that writes the mirror: through Postgres, the queue, a worker and the sandbox."""

from __future__ import annotations

import psycopg
import pytest
from quickbooks_core.writing import encoded

from .conftest import Writer


def test_an_update_is_in_quickbooks_and_in_the_mirror_when_it_returns(writer: Writer) -> None:
    with writer.connect() as client:
        tag = client.execute(
            "update customer set display_name = 'Renamed' where id = 'qbk_cust1'"
        ).statusmessage

        shown = client.execute("select display_name from customer where id = 'qbk_cust1'").fetchone()

    assert (tag, shown) == ("UPDATE 1", ("Renamed",))
    assert writer.document("Customer", "1")["DisplayName"] == "Renamed"


def test_the_simple_protocol_writes_too(writer: Writer) -> None:
    with writer.connect(cursor_factory=psycopg.ClientCursor) as client:
        cursor = client.execute(
            "update customer set notes = %s where id = 'qbk_cust1' returning id, notes, sync_token",
            ["simply"],
        )

        assert (cursor.statusmessage, cursor.fetchall()) == ("UPDATE 1", [("qbk_cust1", "simply", "1")])
    assert writer.document("Customer", "1")["Notes"] == "simply"


@pytest.mark.parametrize("binary", [False, True])
def test_returning_shows_what_quickbooks_has_made(writer: Writer, binary: bool) -> None:
    with writer.connect() as client, client.cursor(binary=binary) as cursor:
        cursor.execute(
            "insert into customer (display_name, notes) values (%s, %s) returning id, sync_token, balance, created_at",
            ["New one", "x"],
        )
        row = cursor.fetchone()
        tag = cursor.statusmessage

        assert row is not None
        shown = client.execute(
            "select id, sync_token, balance, created_at from customer where display_name = 'New one'"
        ).fetchone()

    assert (tag, row) == ("INSERT 0 1", shown)
    assert row[0].startswith("qbk_cust")
    assert writer.document("Customer", row[0].removeprefix("qbk_cust"))["Notes"] == "x"


def test_what_quickbooks_refuses_is_an_error_of_postgres(writer: Writer) -> None:
    with writer.connect() as client:
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            client.execute(
                "insert into customer (display_name) select display_name from customer where id = 'qbk_cust1'"
            )
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

        assert client.execute("select 1").fetchone() == (1,)
    diag = refused.value.diag
    assert diag.message_primary is not None
    assert diag.message_primary.startswith("[QuickBooks] Customer")
    assert (diag.severity, diag.context, diag.source_function) == ("ERROR", None, None)


def test_a_statement_that_postgres_refuses_is_asked_of_nobody(writer: Writer) -> None:
    before = writer.books.writes()

    with writer.connect() as client:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            client.execute("update customer set balance = 'much' where id = 'qbk_cust1'")

        assert client.execute("select 1").fetchone() == (1,)
    assert writer.books.writes() == before
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


@pytest.mark.parametrize(
    ("statement", "sqlstate", "column"),
    [
        ("update customer set balance = 5 where id = 'qbk_cust1'", "428C9", "balance"),
        ("insert into customer (id, display_name) values ('qbk_cust77', 'x')", "428C9", "id"),
        ("insert into invoice (doc_number) values ('x')", "23502", "line"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_column(
    writer: Writer, statement: str, sqlstate: str, column: str
) -> None:
    with writer.connect() as client, pytest.raises(psycopg.Error) as refused:
        client.execute(statement.encode())

    assert (refused.value.diag.sqlstate, refused.value.diag.column_name) == (sqlstate, column)
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


def test_unchanged_read_only_columns_and_empty_ids_are_nothing(writer: Writer) -> None:
    with writer.connect() as client:
        tag = client.execute(
            "update customer set id = id, balance = balance, notes = 'all' where id = 'qbk_cust1'"
        ).statusmessage
        (id,) = client.execute(
            "insert into customer (id, display_name, balance) values (null, 'Empty', null) returning id"
        ).fetchone() or ("",)

    assert tag == "UPDATE 1"
    assert writer.document("Customer", "1")["Notes"] == "all"
    assert writer.document("Customer", id.removeprefix("qbk_cust"))["DisplayName"] == "Empty"


def test_what_changes_nothing_is_not_sent(writer: Writer) -> None:
    before = writer.books.writes()

    with writer.connect() as client:
        same = client.execute("update customer set notes = notes where id = 'qbk_cust1'").statusmessage
        none = client.execute("update customer set notes = 'x' where display_name = 'nobody'").statusmessage

    assert (same, none, writer.books.writes()) == ("UPDATE 1", "UPDATE 0", before)


@pytest.mark.parametrize(("most", "sqlstate"), [("2", "54000"), ("many", "22P02")])
def test_more_rows_than_a_statement_may_change_are_refused(writer: Writer, most: str, sqlstate: str) -> None:
    with writer.connect() as client:
        client.execute("select set_config('quickbooks.max_rows_per_statement', %s, false)", [most])
        for statement in ("update customer set notes = 'x'", "delete from customer"):
            with pytest.raises(psycopg.Error) as refused:
                client.execute(statement.encode())
            assert refused.value.diag.sqlstate == sqlstate
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


def test_many_rows_are_one_statement(writer: Writer) -> None:
    with writer.connect() as client:
        cursor = client.execute(
            "update customer set notes = 'many ' || id where id in ('qbk_cust1', 'qbk_cust2', 'qbk_cust3') "
            "returning id, notes, upper(notes) || sync_token"
        )

        assert sorted(cursor.fetchall()) == [
            (f"qbk_cust{n}", f"many qbk_cust{n}", f"MANY QBK_CUST{n}1") for n in (1, 2, 3)
        ]


def test_a_name_is_made_inactive_and_the_client_is_told_so(writer: Writer) -> None:
    heard = []

    with writer.connect() as client:
        client.add_notice_handler(lambda notice: heard.append((notice.severity, notice.message_primary)))
        (id,) = writer.books.query("select id from customer where balance = 0 limit 1")[0]
        tag = client.execute("delete from customer where id = %s", [id]).statusmessage

    assert tag == "DELETE 1"
    assert heard == [("NOTICE", f"[QuickBooks] Customer `{id}` made inactive: QuickBooks deletes no names")]
    assert writer.books.query("select active from customer where id = %s", id) == [(False,)]


def test_a_transaction_is_deleted(writer: Writer) -> None:
    writer.books.mirror("time_activity")

    with writer.connect() as client:
        ((id,),) = client.execute(
            "delete from time_activity where id = (select min(id) from time_activity) returning id"
        ).fetchall()

    assert writer.books.query("select from time_activity where id = %s", id) == []
    assert writer.books.documents("time_activity", f"Id = '{id.removeprefix('qbk_time')}'") == []


@pytest.mark.parametrize(
    "statement",
    [
        "update customer set notes = 'x' where id = 'qbk_cust1234567'",
        "update customer c set notes = 'x' where c.id in ('qbk_cust1', 'qbk_cust1234567') and balance >= 0",
        "delete from only public.customer where 'qbk_cust1234567' = id returning id",
    ],
)
def test_an_id_that_quickbooks_does_not_know_is_said_to_be_missing(writer: Writer, statement: str) -> None:
    with writer.connect() as client, pytest.raises(psycopg.errors.NoDataFound) as refused:
        client.execute(statement.encode())

    diag = refused.value.diag
    assert (diag.message_primary, diag.message_detail, diag.message_hint) == (
        "[QuickBooks] Customer `qbk_cust1234567` not found", None, None,
    )  # fmt: skip
    assert writer.document("Customer", "1").get("Notes") != "x"


def test_an_id_that_only_quickbooks_knows_is_fetched_and_written(writer: Writer) -> None:
    made = writer.books.client.post(
        "customer", encoded({"DisplayName": "Not yet seen", "Notes": "old"})
    ).json()
    id = "qbk_cust" + made["Customer"]["Id"]

    with writer.connect() as client:
        cursor = client.execute(
            "update customer set notes = notes || '+' where id = %s returning notes", [id]
        )

        assert (cursor.statusmessage, cursor.fetchall()) == ("UPDATE 1", [("old+",)])


def test_a_known_id_that_another_condition_rules_out_updates_nothing(writer: Writer) -> None:
    with writer.connect() as client:
        tag = client.execute("update customer set notes = 'x' where id = 'qbk_cust1' and false").statusmessage

    assert tag == "UPDATE 0"
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


def test_an_id_of_another_object_is_no_id(writer: Writer) -> None:
    with writer.connect() as client, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        client.execute("update customer set notes = 'x' where id = 'qbk_inv129'")


def test_words_survive_the_encoding_of_a_client(writer: Writer) -> None:
    with writer.connect(client_encoding="latin1") as client:
        row = client.execute(
            "update customer set notes = 'Köln für ' || id where id = 'qbk_cust1' returning notes, upper(notes)"
        ).fetchone()
        with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
            client.execute("update customer set notes = 'x' where id = 'qbk_custö'")

    assert row == ("Köln für qbk_cust1", "KÖLN FÜR QBK_CUST1")
    assert "`qbk_custö`" in str(refused.value.diag.message_primary)
    assert writer.document("Customer", "1")["Notes"] == "Köln für qbk_cust1"
