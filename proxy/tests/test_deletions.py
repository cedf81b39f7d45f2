"""Deletions in a block: the rows go at once, and QuickBooks is told when the client commits."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from .conftest import Writer

DELETE = "delete from time_activity where id = %s returning id"


@pytest.fixture
def ids(writer: Writer) -> list[str]:
    """Transactions that may go."""
    writer.books.mirror("time_activity")
    return [id for (id,) in writer.books.query("select id from time_activity order by id")]


def there(writer: Writer) -> set[str]:
    """What QuickBooks has."""
    return {document["Id"] for document in writer.books.documents("time_activity")}


def bare(id: str) -> str:
    return id.rpartition("qbk_time")[2]


def test_a_deletion_is_sent_with_the_commit(writer: Writer, ids: list[str]) -> None:
    first = bare(ids[0])
    assert first in there(writer)

    with psycopg.connect(writer.address.url) as client:
        assert client.execute(DELETE, [ids[0]]).fetchall() == [(ids[0],)]
        seen = client.execute("select from time_activity where id = %s", [ids[0]]).fetchall()
        still = first in there(writer)
        client.commit()

    assert (seen, still, first in there(writer)) == ([], True, False)
    assert writer.books.query("select from time_activity where id = %s", ids[0]) == []


def test_a_deletion_that_is_rolled_back_never_was(writer: Writer, ids: list[str]) -> None:
    before = there(writer)

    with psycopg.connect(writer.address.url) as client:
        client.execute(DELETE, [ids[0]])
        client.rollback()
        client.execute("savepoint one")
        client.execute(DELETE, [ids[1]])
        client.execute("rollback to savepoint one")
        client.commit()

    assert there(writer) == before
    assert writer.books.query("select count(*) from time_activity") == [(len(ids),)]
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


def test_a_commit_fails_where_quickbooks_refuses_the_deletion(writer: Writer) -> None:
    writer.books.mirror("invoice")

    with psycopg.connect(writer.address.url) as client:
        client.execute("create temp table kept (n int)")
        client.execute("delete from invoice where id = 'qbk_inv103'")
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="unlink its transactions first"):
            client.commit()

        assert client.info.transaction_status == TransactionStatus.IDLE
        assert client.execute(
            "select to_regclass('kept'), count(*) from invoice where id = 'qbk_inv103'"
        ).fetchall() == [(None, 1)]


@pytest.mark.parametrize(
    "commit", ["commit", "/* /* so */ what */ COMMIT", "end", "commit and chain", "select 1; end"]
)
def test_a_commit_is_one_in_every_form(writer: Writer, ids: list[str], commit: str) -> None:
    with writer.connect() as client:
        client.execute("begin")
        client.execute(DELETE, [ids[0]])
        client.execute(commit.encode())

    assert bare(ids[0]) not in there(writer)


def test_a_commit_that_is_prepared_is_one_too(writer: Writer, ids: list[str]) -> None:
    with writer.connect() as client, client.pipeline():
        client.execute("begin")
        client.execute(DELETE, [ids[0]])
        client.execute("commit", prepare=True)
        last = client.execute("select count(*) from time_activity where id = %s", [ids[0]])
        assert last.fetchone() == (0,)

    assert bare(ids[0]) not in there(writer)


def test_several_deletions_of_one_query_are_sent_in_the_end(writer: Writer, ids: list[str]) -> None:
    statement = (
        f"delete from time_activity where id = '{ids[0]}'; delete from time_activity where id = '{ids[1]}'"
    )

    with writer.connect() as client:
        client.execute(statement.encode())

    assert not {bare(ids[0]), bare(ids[1])} & there(writer)


def test_a_transaction_that_is_prepared_for_another_session_deletes_nothing(
    writer: Writer, ids: list[str]
) -> None:
    with writer.connect() as client:
        client.execute("begin")
        client.execute(DELETE, [ids[0]])
        with pytest.raises(psycopg.errors.Error) as refused:
            client.execute("prepare transaction 'x'")

    assert refused.value.sqlstate in ("0A000", "55000")
    assert bare(ids[0]) in there(writer)


def test_what_deletes_and_does_more_is_refused_in_a_block(writer: Writer, ids: list[str]) -> None:
    both: Any = (
        "with gone as (delete from time_activity where id = %s returning id) "
        "update customer set notes = 'x' where id = 'qbk_cust1' and exists (select from gone)"
    )

    with psycopg.connect(writer.address.url) as client:
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            client.execute(both, [ids[0]])
        client.rollback()

    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]
