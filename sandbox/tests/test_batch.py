"""Several operations in one request, and the same request again."""

from __future__ import annotations

from typing import Any

import pytest

GONE = {
    "Error": [
        {
            "Message": "Object Not Found",
            "Detail": "Object Not Found : Something you're trying to use has been made inactive. "
            "Check the fields with accounts, customers, items, vendors or employees.",
            "code": "610",
            "element": "",
        }
    ],
    "type": "ValidationFault",
}


def batch(client: Any, *items: Any, request_id: str = "") -> Any:
    path = f"batch?requestid={request_id}" if request_id else "batch"
    return client.post(path, {"BatchItemRequest": list(items)})["BatchItemResponse"]


def making(client: Any, b_id: str, name: str = "Vendor", **changes: Any) -> Any:
    return {"bId": b_id, "operation": "create", name: {**client.body(name), **changes}}


def count(client: Any, name: str) -> int:
    answer = client.send("GET", f"query?query=select count(*) from {name}").json()
    return int(answer["QueryResponse"]["totalCount"])


def test_each_item_has_its_own_answer_and_then_its_bid(client: Any) -> None:
    term = client.make("Term")

    answers = batch(
        client,
        making(client, "bid1"),
        {"bId": "bid2", "operation": "delete", "Invoice": {"Id": "99999", "SyncToken": "0"}},
        {"bId": "bid3", "operation": "update", "Term": {**term, "SyncToken": "7", "DueDays": 3}},
        {"bId": "bid4", "Query": "select * from SalesReceipt maxresults 1"},
    )

    assert [list(answer) for answer in answers] == [
        ["Vendor", "bId"],
        ["Fault", "bId"],
        ["Fault", "bId"],
        ["QueryResponse", "bId"],
    ]
    assert [answer["bId"] for answer in answers] == ["bid1", "bid2", "bid3", "bid4"]
    assert answers[1]["Fault"] == GONE
    assert answers[2]["Fault"]["Error"][0]["code"] == "5010"
    assert answers[3]["QueryResponse"]["maxResults"] == 1


def test_a_bad_item_does_not_stop_the_others_and_undoes_only_itself(client: Any) -> None:
    before = count(client, "Invoice")
    bad = making(client, "2", "Invoice", CustomerRef={"value": "99999"})

    answers = batch(client, making(client, "1", "Invoice"), bad, making(client, "3", "Invoice"))

    assert [next(iter(answer)) for answer in answers] == ["Invoice", "Fault", "Invoice"]
    assert count(client, "Invoice") == before + 2


def test_items_do_not_see_each_other(client: Any) -> None:
    item = making(client, "1")
    name = item["Vendor"]["DisplayName"]

    made, found = batch(
        client, item, {"bId": "2", "Query": f"select * from Vendor where DisplayName = '{name}'"}
    )

    assert made["Vendor"]["DisplayName"] == name
    assert found == {"QueryResponse": {}, "bId": "2"}


def test_an_invoice_and_a_payment_are_voided_in_their_own_ways(client: Any) -> None:
    invoice, payment = client.make("Invoice"), client.make("Payment")
    named = {"Id": payment["Id"], "SyncToken": payment["SyncToken"]}

    by_option, by_name = batch(
        client,
        {"bId": "1", "operation": "update", "optionsData": "void", "Payment": {**named, "sparse": True}},
        {"bId": "2", "operation": "void", "Payment": named},
    )
    (voided,) = batch(
        client, {"bId": "1", "operation": "void", "Invoice": {"Id": invoice["Id"], "SyncToken": "0"}}
    )

    assert (by_option["Payment"]["TotalAmt"], by_option["Payment"]["PrivateNote"]) == (0, "Voided")
    assert by_name["Fault"]["Error"][0]["code"] == "500"
    assert (voided["Invoice"]["TotalAmt"], voided["Invoice"]["Balance"]) == (0, 0)


def test_more_than_thirty_items_are_refused_whole(client: Any) -> None:
    before = count(client, "Vendor")
    items = [making(client, str(place)) for place in range(31)]

    answer = client.send("POST", "batch", {"BatchItemRequest": items})

    (error,) = answer.json()["Fault"]["Error"]
    assert (answer.status_code, error["code"], error["Message"]) == (
        400,
        "1040",
        "Batch size exceeds allowed limit",
    )
    assert count(client, "Vendor") == before


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"bId": "1", "operation": "create"}, "2000"),
        ({"bId": "1", "operation": "create", "Nothing": {}}, "2000"),
        ({"bId": "1", "Term": {"Name": "x"}}, "2020"),
        ({"bId": "1", "operation": "merge", "Term": {"Name": "x"}}, "500"),
        ({"bId": "1", "Query": "select from"}, "4000"),
    ],
)
def test_an_item_that_makes_no_sense_is_refused_alone(client: Any, item: Any, code: str) -> None:
    (answer,) = batch(client, item)

    assert (answer["Fault"]["Error"][0]["code"], answer["bId"]) == (code, "1")


def test_the_order_of_answers_is_not_promised(client: Any) -> None:
    client.sandbox.control("switches", batch_order="reversed")

    answers = batch(client, making(client, "1"), making(client, "2"))

    assert [answer["bId"] for answer in answers] == ["2", "1"]


def test_the_same_requestid_gives_the_same_answer_and_writes_once(client: Any) -> None:
    body = client.body("Payment")
    before = count(client, "Payment")

    first = client.send("POST", "payment?requestid=abc", body)
    client.sandbox.control("clock", advance_s=5)
    again = client.send("POST", "payment?requestid=abc", body)

    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert count(client, "Payment") == before + 1


def test_a_refused_request_may_be_sent_again_under_its_requestid(client: Any) -> None:
    body = client.body("Payment")
    refused = client.send("POST", "payment?requestid=abc", {**body, "CustomerRef": {"value": "99999"}})

    done = client.send("POST", "payment?requestid=abc", body)

    assert (refused.status_code, done.status_code) == (400, 200)


def test_a_forgotten_requestid_writes_again(client: Any) -> None:
    client.sandbox.control("switches", requestid_retention_s="1")
    body = client.body("Payment")
    first = client.post("payment?requestid=abc", body)["Payment"]
    client.sandbox.control("clock", advance_s=2)

    again = client.post("payment?requestid=abc", body)["Payment"]

    assert again["Id"] != first["Id"]


@pytest.mark.parametrize(("value", "status"), [("replay", 200), ("refuse", 400)])
def test_the_same_requestid_with_another_body(client: Any, value: str, status: int) -> None:
    client.sandbox.control("switches", requestid_with_another_body=value)
    first = client.send("POST", "payment?requestid=abc", client.body("Payment"))

    again = client.send("POST", "payment?requestid=abc", {**client.body("Payment"), "TotalAmt": 77})

    assert again.status_code == status
    assert (again.content == first.content) is (status == 200)


@pytest.mark.parametrize(
    ("path", "code"),
    [(f"payment?requestid={'x' * 50}", None), (f"payment?requestid={'x' * 51}", "2130")],
)
def test_a_requestid_has_at_most_fifty_characters(client: Any, path: str, code: str | None) -> None:
    answer = client.send("POST", path, client.body("Payment")).json()

    assert answer.get("Fault", {"Error": [{"code": None}]})["Error"][0]["code"] == code


@pytest.mark.parametrize(
    ("request_id", "b_id", "good"),
    [("x" * 36, "1234567890", True), ("x" * 37, "1", False), ("x", "12345678901", False)],
)
def test_in_a_batch_both_are_shorter(client: Any, request_id: str, b_id: str, good: bool) -> None:
    (answer,) = batch(client, making(client, b_id), request_id=request_id)

    assert ("Vendor" in answer) is good


@pytest.mark.parametrize(
    ("value", "made_again", "refused_again"),
    [("whole", 0, True), ("done_items", 0, False), ("never", 1, False)],
)
def test_a_batch_sent_again_repeats_what_the_switch_says(
    client: Any, value: str, made_again: int, refused_again: bool
) -> None:
    client.sandbox.control("switches", batch_replay=value)
    item = making(client, "1", "Payment")
    missing = making(client, "2", "Payment", CustomerRef={"value": "99999"})
    first = batch(client, item, missing, request_id="r")
    before = count(client, "Payment")

    mended = {**missing, "Payment": client.body("Payment")}
    again = batch(client, item, mended, request_id="r")

    assert next(iter(first[1])) == "Fault"
    assert (next(iter(again[1])) == "Fault") is refused_again
    assert count(client, "Payment") == before + made_again + (not refused_again)


def test_the_same_requestid_with_another_bid_is_another_request(client: Any) -> None:
    body = client.body("Payment")
    (first,) = batch(client, {"bId": "1", "operation": "create", "Payment": body}, request_id="r")

    (other,) = batch(client, {"bId": "2", "operation": "create", "Payment": body}, request_id="r")

    assert other["Payment"]["Id"] != first["Payment"]["Id"]


def test_a_requestid_that_is_refused_for_another_body_still_gives_its_own_answer(client: Any) -> None:
    client.sandbox.control("switches", requestid_with_another_body="refuse", batch_replay="whole")
    item = making(client, "1", "Payment")
    (first,) = batch(client, item, request_id="r")
    (other,) = batch(client, making(client, "1", "Payment", TotalAmt=77), request_id="r")

    (again,) = batch(client, item, request_id="r")

    assert (other["Fault"]["Error"][0]["code"], again) == ("600", first)


@pytest.mark.parametrize(("value", "second"), [("refuse", "10100"), ("answer", None)])
def test_the_queries_of_a_batch_have_a_thousand_objects_together(
    client: Any, value: str, second: str | None
) -> None:
    client.sandbox.control("switches", batch_over_1000_objects=value)
    client.sandbox.control("generate", object="Customer", count=600)
    page = "select * from Customer maxresults 600"

    answers = batch(client, {"bId": "1", "Query": page}, {"bId": "2", "Query": page})

    assert answers[0]["QueryResponse"]["maxResults"] == 600
    assert answers[1].get("Fault", {"Error": [{"code": None}]})["Error"][0]["code"] == second


def test_changes_can_be_asked_for_in_a_batch(client: Any) -> None:
    since = client.sandbox.control("clock", advance_s=60)["now"]
    asked = {"bId": "1", "CDCQuery": {"Entities": "Vendor", "ChangedSince": since}}

    (answer,) = batch(client, asked)

    assert answer == {"CDCResponse": [{"QueryResponse": [{}]}], "bId": "1"}


def test_in_xml_the_bid_is_an_attribute(client: Any) -> None:
    client.session.headers["Accept"] = "application/xml"
    items = [{"bId": "7g", "Query": "select count(*) from Estimate where TxnDate > '2999-01-01'"}]

    answer = client.send("POST", "batch", {"BatchItemRequest": items})

    assert answer.text.partition("<BatchItemResponse")[2] == (
        ' bId="7g"><QueryResponse totalCount="0"></QueryResponse></BatchItemResponse></IntuitResponse>'
    )


def test_the_same_requestid_at_another_address_is_another_body(client: Any) -> None:
    client.sandbox.control("switches", requestid_with_another_body="refuse")
    first, other = client.make("Invoice"), client.make("Invoice")
    client.send("POST", f"invoice/{first['Id']}/send?sendTo=a@example.com&requestid=s")

    answer = client.send("POST", f"invoice/{other['Id']}/send?sendTo=a@example.com&requestid=s")

    assert answer.json()["Fault"]["Error"][0]["code"] == "600"
