"""What the query language accepts, and which rows it then gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]


def ids(client: Any, statement: str) -> list[str]:
    """The Ids of the rows, in their order."""
    return [row["Id"] for row in rows(client, statement)]


def rows(client: Any, statement: str) -> list[Row]:
    answer = client.query(statement)
    assert answer.status_code == 200, answer.text
    content = answer.json()["QueryResponse"]
    return next((held for held in content.values() if isinstance(held, list)), [])


def everything(client: Any, name: str) -> list[Row]:
    """All rows of an object, the inactive too."""
    active = " where Active in (true, false)" if name in ("Customer", "Vendor", "Item", "Account") else ""
    return rows(client, f"select * from {name}{active} maxresults 1000")


# Every form was accepted by the real service in a public recording, or is shown on Intuit's pages.
_SELECTIONS: list[tuple[str, str, Callable[[Row], bool]]] = [
    ("DisplayName = 'Amy\\'s Bird Sanctuary'", "Customer", lambda r: r["DisplayName"] == "Amy's Bird Sanctuary"),
    ("Id IN ('5', '6', '999')", "Customer", lambda r: r["Id"] in ("5", "6")),
    ("id = '5'", "Customer", lambda r: r["Id"] == "5"),
    ("PrimaryEmailAddr = 'Birds@Intuit.com'", "Customer", lambda r: r["Id"] == "1"),
    ("DisplayName LIKE 'A%'", "Customer", lambda r: r["DisplayName"].startswith("A")),
    ("DisplayName like '%Lumber%'", "Vendor", lambda r: "Lumber" in r["DisplayName"]),
    ("DisplayName LIKE '_my%'", "Customer", lambda _: False),
    ("GivenName = 'Amy'", "Customer", lambda r: r.get("GivenName") == "Amy"),
    ("DisplayName = 'Robertson & Associates'", "Vendor", lambda r: r["DisplayName"] == "Robertson & Associates"),
    ("Name = 'Pump'", "Item", lambda r: r["Name"] == "Pump"),
    ("Sku = 'none'", "Item", lambda _: False),
    ("Name = 'Checking'", "Account", lambda r: r["Name"] == "Checking"),
    ("DocNumber = '1001'", "Invoice", lambda r: r["DocNumber"] == "1001"),
    ("TotalAmt > '300.00'", "SalesReceipt", lambda r: r["TotalAmt"] > 300),
    ("TotalAmt > 300", "SalesReceipt", lambda r: r["TotalAmt"] > 300),
    ("TotalAmt >= 337.50 AND TotalAmt <= 337.50", "SalesReceipt", lambda r: r["TotalAmt"] == 337.5),
    ("TxnDate < CURRENT_DATE", "Invoice", lambda _: True),
    ("TxnDate > CURRENT_DATE", "Invoice", lambda _: False),
    ("MetaData.CreateTime > '2000-01-01'", "Vendor", lambda _: True),
    ("Metadata.LastUpdatedTime>'2010-03-13T14:50:22-08:00'", "Vendor", lambda _: True),
    ("metadata.lastupdatedtime < '2010-03-13T14:50:22.001Z'", "Vendor", lambda _: False),
    ("MetaData.LastUpdatedTime > '2010-03-13T14:50:22-0800'", "Vendor", lambda _: True),
    ("Active = true", "Customer", lambda r: r["Active"]),
    ("Active = false", "Customer", lambda r: not r["Active"]),
    ("Active IN ( true, false )", "Customer", lambda _: True),
    ("Active IN (false)", "Customer", lambda r: not r["Active"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "name", "belongs"), _SELECTIONS, ids=[one[0] for one in _SELECTIONS])
def test_a_condition_selects_the_rows_it_names(
    client: Any, condition: str, name: str, belongs: Callable[[Row], bool]
) -> None:
    client.sandbox.control("person", action="deactivate", object="Customer", id="29")
    expected = {row["Id"] for row in everything(client, name) if belongs(row)}

    found = ids(client, f"select * from {name} where {condition} maxresults 1000")

    assert (set(found), len(found)) == (expected, len(expected))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM Customer WHERE Id IN ('5', '6', '7') MAXRESULTS 2 STARTPOSITION 2",
        "select * from customer where id in ('5','6','7') startposition 2 maxresults 2",
        "Select * From CUSTOMER Where ID In ('5', '6', '7') Order By Id StartPosition 2 MaxResults 2",
        "select * from Customer\nwhere Id in ('5','6','7')\n  ORDERBY Id ASC STARTPOSITION 2 MAXRESULTS 2",
    ],
)
def test_words_are_of_any_case_and_position_and_size_in_either_order(client: Any, statement: str) -> None:
    answer = client.query(statement).json()["QueryResponse"]

    found = [row["Id"] for row in answer["Customer"]]

    assert (list(answer), set(found) <= {"5", "6", "7"}) == (
        ["Customer", "startPosition", "maxResults"],
        True,
    )
    assert (len(found), answer["startPosition"], answer["maxResults"]) == (2, 2, 2)


def test_names_come_by_full_name_whatever_its_case_and_without_the_inactive(client: Any) -> None:
    client.make("Customer", DisplayName="aaron")
    client.sandbox.control("person", action="deactivate", object="Customer", id="29")

    found = [row["FullyQualifiedName"] for row in rows(client, "select * from Customer")]

    assert (found[0], found) == ("aaron", sorted(found, key=str.lower))
    assert len(found) == 29


def test_transactions_come_with_the_last_changed_first(client: Any) -> None:
    found = [row["MetaData"]["LastUpdatedTime"] for row in rows(client, "select * from Invoice")]

    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("order", "key", "reverse"),
    [
        ("ORDERBY Id", lambda row: int(row["Id"]), False),
        ("order by Id desc", lambda row: int(row["Id"]), True),
        ("Order By Metadata.LastUpdatedTime", lambda row: row["MetaData"]["LastUpdatedTime"], False),
        ("ORDERBY DisplayName DESC", lambda row: row["DisplayName"], True),
    ],
)
def test_an_order_is_kept(client: Any, order: str, key: Callable[[Row], Any], reverse: bool) -> None:
    found = [key(row) for row in rows(client, f"select * from Vendor {order}")]

    assert found == sorted(found, reverse=reverse)


def test_a_page_has_a_hundred_rows_unless_told_and_a_thousand_at_most(client: Any) -> None:
    client.sandbox.control("generate", object="Customer", count=1200)

    sizes = [
        len(rows(client, f"select * from Customer{rest}"))
        for rest in ("", " maxresults 1000", " startposition 1201 maxresults 1000")
    ]

    assert sizes == [100, 1000, 29]


def test_a_page_past_the_end_and_a_query_without_rows_are_empty_objects(client: Any) -> None:
    answers = [
        client.query(f"select * from Customer {rest}").json()["QueryResponse"]
        for rest in ("startposition 1000", "where DisplayName = 'nobody'")
    ]

    assert answers == [{}, {}]


def test_a_count_is_of_all_that_match_and_says_nothing_else(client: Any) -> None:
    answers = [
        client.query(f"select count(*) from {rest}").json()["QueryResponse"]
        for rest in (
            "Vendor",
            "Customer WHERE Id IN ('5', '6', '7')",
            "Employee where Active in (true, false) ",
        )
    ]

    assert answers == [{"totalCount": 26}, {"totalCount": 3}, {"totalCount": 2}]


def test_a_projection_has_the_id_and_what_it_names_in_the_rows_own_order(client: Any) -> None:
    statement = "select QtyOnHand, Metadata.LastUpdatedTime, name from Item where Name in ('Pump', 'Hours')"

    found = rows(client, statement)

    assert [list(row) for row in found] == [
        ["Name", "sparse", "Id", "MetaData"],
        ["Name", "QtyOnHand", "sparse", "Id", "MetaData"],
    ]
    assert [(row["sparse"], list(row["MetaData"])) for row in found] == [(True, ["LastUpdatedTime"])] * 2


def test_a_projection_of_ids_has_only_ids(client: Any) -> None:
    found = rows(client, "select Id from Customer where Id = '5'")

    assert found == [{"sparse": True, "Id": "5"}]


def test_the_time_without_an_offset_is_the_companys(client: Any) -> None:
    made = client.make("Customer")["MetaData"]["CreateTime"]
    local, offset = made[:19], made[19:]

    found = [
        len(rows(client, f"select * from Customer where MetaData.CreateTime >= '{time}'"))
        for time in (local + offset, local)
    ]

    assert found == [1, 1]


def test_a_long_query_may_be_posted_or_asked_for(client: Any) -> None:
    listed = ", ".join(f"'{number}'" for number in range(1, 3000))
    statement = f"select count(*) from Vendor where Id in ({listed})"

    posted = client.send("POST", "query", statement.encode())
    asked = client.query(statement)

    assert [answer.json()["QueryResponse"] for answer in (posted, asked)] == [{"totalCount": 26}] * 2


def test_a_plus_in_the_address_is_a_blank(client: Any) -> None:
    answer = client.send("GET", "query?query=select+count(*)+from+Vendor")

    assert answer.json()["QueryResponse"] == {"totalCount": 26}
