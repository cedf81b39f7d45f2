"""Change data capture: what has changed since a moment, and what has gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


def now(client: Any) -> str:
    """A moment between all that has been done and all that is to come: changes are kept to the second."""
    moment = client.sandbox.control("clock", advance_s=2)["now"]
    client.sandbox.control("clock", advance_s=1)
    return str(moment)


def changes(client: Any, entities: str, since: str) -> Any:
    answer = client.send("GET", f"cdc?entities={entities}&changedSince={since.replace('+', '%2B')}")
    assert answer.status_code == 200, answer.text
    return answer.json()["CDCResponse"]


def test_nothing_changed_is_one_empty_place(client: Any) -> None:
    since = now(client)

    found = changes(client, "Customer,Invoice", since)

    assert found == [{"QueryResponse": [{}]}]


def test_an_object_without_changes_may_keep_its_place(client: Any) -> None:
    client.sandbox.control("switches", cdc_unchanged="placeholder")
    since = now(client)
    made = client.make("Customer")

    found = changes(client, "Invoice,Customer", since)

    assert found == [{"QueryResponse": [{}, {"Customer": [made], "startPosition": 1, "maxResults": 1}]}]


def test_changes_come_by_object_the_oldest_first_and_deletions_last(client: Any) -> None:
    gone = client.make("Estimate")
    since = now(client)
    first = client.make("Estimate")
    client.sandbox.control("clock", advance_s=1)
    client.post("estimate?operation=delete", {"Id": gone["Id"], "SyncToken": "0"})
    client.sandbox.control("clock", advance_s=1)
    second = client.make("Estimate")

    (response,) = changes(client, "estimate", since)
    (page,) = response["QueryResponse"]

    stub = page["Estimate"][-1]
    assert page["Estimate"][:-1] == [first, second]
    assert (stub["domain"], stub["status"], stub["Id"]) == ("QBO", "Deleted", gone["Id"])
    assert list(stub["MetaData"]) == ["LastUpdatedTime"]
    assert (page["startPosition"], page["maxResults"], "totalCount" in page) == (1, 3, False)


def test_a_payment_shows_the_invoice_and_the_customer_whose_balances_it_moves(client: Any) -> None:
    invoice = client.make("Invoice")
    since = now(client)
    link = {"TxnId": invoice["Id"], "TxnType": "Invoice"}
    client.make(
        "Payment",
        CustomerRef=invoice["CustomerRef"],
        TotalAmt=invoice["TotalAmt"],
        Line=[{"Amount": invoice["TotalAmt"], "LinkedTxn": [link]}],
    )

    (response,) = changes(client, "Invoice,Customer,Payment", since)

    changed = {key: rows for page in response["QueryResponse"] for key, rows in page.items() if key.istitle()}
    assert [(row["Id"], row["Balance"], row["SyncToken"]) for row in changed["Invoice"]] == [
        (invoice["Id"], 0, invoice["SyncToken"])
    ]
    assert [row["Id"] for row in changed["Customer"]] == [invoice["CustomerRef"]["value"]]
    assert len(changed["Payment"]) == 1


@pytest.mark.parametrize(("value", "status"), [("row", None), ("deleted", "Deleted")])
def test_a_deactivated_name_is_a_row_or_a_deletion(client: Any, value: str, status: str | None) -> None:
    client.sandbox.control("switches", cdc_deactivated=value)
    made = client.make("Customer")
    since = now(client)
    client.sandbox.control("person", action="deactivate", object="Customer", id=made["Id"])

    (response,) = changes(client, "Customer", since)

    (row,) = response["QueryResponse"][0]["Customer"]
    assert (row["Id"], row.get("status"), row.get("Active")) == (
        made["Id"],
        status,
        False if status is None else None,
    )


@pytest.mark.parametrize(("value", "stubs"), [("silent", 0), ("deleted", 1)])
def test_the_loser_of_a_merge_is_silent_or_a_deletion(client: Any, value: str, stubs: int) -> None:
    client.sandbox.control("switches", cdc_merged=value)
    loser, winner = client.make("Customer"), client.make("Customer")
    since = now(client)
    client.sandbox.control("person", action="merge", object="Customer", id=loser["Id"], into=winner["Id"])

    (response,) = changes(client, "Customer", since)

    rows = response["QueryResponse"][0].get("Customer", [])
    assert [row["Id"] for row in rows if row.get("status") == "Deleted"] == [loser["Id"]] * stubs


@pytest.mark.parametrize(
    ("value", "customers", "vendors"), [("whole_answer", 1000, 0), ("each_object", 1000, 300)]
)
def test_an_answer_holds_a_thousand_objects(client: Any, value: str, customers: int, vendors: int) -> None:
    client.sandbox.control("switches", cdc_limit=value)
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    client.sandbox.control("generate", object="Customer", count=1200)
    client.sandbox.control("generate", object="Vendor", count=300)

    (response,) = changes(client, "Customer,Vendor", since)

    counts = {
        key: len(rows) for page in response["QueryResponse"] for key, rows in page.items() if key.istitle()
    }
    assert (counts["Customer"], counts.get("Vendor", 0)) == (customers, vendors)


@pytest.mark.parametrize(
    ("entities", "days", "code", "detail"),
    [
        ("", 1, "2020", "Required parameter entities is missing in the request"),
        ("Nothing", 1, "2000", "Unsupported object name : Nothing"),
        ("TaxCode", 1, "500", "Operation cdc taxcode is not supported."),
        (
            "Customer",
            31,
            "500",
            "Operation cdc with changedSince date {since} which is older than fixed days is not supported.",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(
    client: Any, entities: str, days: int, code: str, detail: str
) -> None:
    since = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    answer = client.send("GET", f"cdc?entities={entities}&changedSince={since}")

    (error,) = answer.json()["Fault"]["Error"]
    assert (answer.status_code, error["code"], error["Detail"]) == (400, code, detail.format(since=since))


@pytest.mark.parametrize(("since", "code"), [("", "2020"), ("yesterday", "2060")])
def test_a_moment_is_needed(client: Any, since: str, code: str) -> None:
    answer = client.send("GET", f"cdc?entities=Customer&changedSince={since}")

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


@pytest.mark.parametrize(("value", "kept"), [("oldest", slice(0, 1000)), ("newest", slice(5, 1005))])
def test_a_full_answer_keeps_one_end_of_the_changes(client: Any, value: str, kept: slice) -> None:
    client.sandbox.control("switches", cdc_full=value)
    since = now(client)
    client.sandbox.control(
        "clock", advance_s=600
    )  # what is generated seems to have been made over two minutes
    client.sandbox.control("generate", object="Customer", count=1005)
    asked = f"query?query=select * from Customer where MetaData.LastUpdatedTime >= '{since}'"
    asked = f"{asked} orderby MetaData.LastUpdatedTime".replace("+", "%2B")
    pages = [client.send("GET", f"{asked} startposition {place} maxresults 1000") for place in (1, 1001)]
    ids = [row["Id"] for page in pages for row in page.json()["QueryResponse"].get("Customer", [])]

    (response,) = changes(client, "Customer", since)

    assert len(ids) == 1005
    assert [row["Id"] for row in response["QueryResponse"][0]["Customer"]] == ids[kept]


@pytest.mark.parametrize(("value", "told"), [("inclusive", True), ("exclusive", False)])
def test_a_change_of_exactly_the_moment_asked_for_is_a_switch(client: Any, value: str, told: bool) -> None:
    client.sandbox.control("switches", cdc_since=value)
    now(client)
    made = client.make("Vendor")

    (response,) = changes(client, "Vendor", made["MetaData"]["LastUpdatedTime"])

    assert ("Vendor" in response["QueryResponse"][0]) is told
