"""A ROLLBACK waits a short while for QuickBooks to be as before, and tells what could not be undone."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from quickbooks_core.writing import encoded

from .conftest import Writer

NOTE = "update customer set notes = %s where id = %s"


def somebody_else(writer: Writer, id: str) -> None:
    """Changes what the client has changed."""
    token = writer.document("Customer", id)["SyncToken"]
    writer.books.client.post(
        "customer", encoded({"Id": id, "SyncToken": token, "sparse": True, "Notes": "theirs"})
    )


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_what_a_rollback_leaves_in_quickbooks_is_a_warning(writer: Writer, protocol: str) -> None:
    heard = []

    with psycopg.connect(writer.address.url) as client:
        client.add_notice_handler(
            lambda notice: heard.append((notice.severity, notice.message_primary, notice.message_detail))
        )
        client.execute(NOTE, ["mine", "qbk_cust1"])
        client.execute(NOTE, ["mine", "qbk_cust2"])
        somebody_else(writer, "1")
        rollback(client, protocol)
        after = [writer.document("Customer", id).get("Notes") for id in "12"]
        client.execute(NOTE, ["again", "qbk_cust3"])
        rollback(client, protocol)

    assert after == ["theirs", None]
    ((severity, words, detail),) = heard
    assert (severity, words) == (
        "WARNING", "[QuickBooks] 1 of 2 changes could not be undone in QuickBooks",
    )  # fmt: skip
    assert "_sync_queue 1, qbk_cust1: [QuickBooks] Customer" in str(detail)


def rollback(client: psycopg.Connection[Any], protocol: str) -> None:
    if protocol == "simple":
        client.rollback()
    else:
        client.execute("rollback", prepare=True)


def test_quickbooks_is_as_before_when_a_rollback_returns(writer: Writer) -> None:
    with psycopg.connect(writer.address.url) as client:
        client.execute(NOTE, ["kept", "qbk_cust1"])
        client.execute("savepoint one")
        client.execute(NOTE, ["not kept", "qbk_cust2"])
        client.execute("rollback to savepoint one")
        in_between = [writer.document("Customer", id).get("Notes") for id in "12"]
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("select 1 / 0")
        client.rollback()
        after = [writer.document("Customer", id).get("Notes") for id in "12"]

    assert (in_between, after) == (["kept", None], [None, None])
