"""Every object with every operation: what the API has works, and what it lacks is refused in its own words.

The cells are those of docs/reference/sandbox.md, which is generated from the same catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Entity, Operation, Reading

# Objects that only another company has; tests of currencies and of companies abroad drive them.
ELSEWHERE = {"CompanyCurrency", "ExchangeRate", "JournalCode", "TaxPayment"}
CELLS = [
    pytest.param(entity, operation, id=f"{entity.name}-{operation.value}")
    for entity in MIRRORED
    if entity.name not in ELSEWHERE and entity.reading is Reading.QUERY
    for operation in (
        Operation.CREATE,
        Operation.READ,
        Operation.QUERY,
        Operation.UPDATE,
        Operation.SPARSE_UPDATE,
        Operation.DELETE,
        Operation.VOID,
        Operation.SEND,
        Operation.PDF,
    )
]


def existing(client: Any, entity: Entity) -> Any:
    """A document that a test may change: a new one where the API makes them, otherwise the first there is."""
    if entity.can(Operation.CREATE):
        return client.make(entity.name)
    rows = client.send("GET", f"query?query=select * from {entity.name}").json()["QueryResponse"]
    return rows[entity.key][0]


def named(document: Any) -> Any:
    return {"Id": document["Id"], "SyncToken": document.get("SyncToken", "0")}


def create(client: Any, entity: Entity) -> None:
    made = client.make(entity.name)

    assert (made["SyncToken"], made["Id"].isdecimal()) == ("0", True)


def read(client: Any, entity: Entity) -> None:
    document = existing(client, entity)

    assert client.read(entity.name, document["Id"])["Id"] == document["Id"]


def query(client: Any, entity: Entity) -> None:
    existing(client, entity)

    found = client.send("GET", f"query?query=select * from {entity.name} maxresults 1").json()
    rows = found["QueryResponse"]
    assert (len(rows[entity.key]), rows["maxResults"]) == (1, 1)


def update(client: Any, entity: Entity) -> None:
    document = existing(client, entity)

    after = client.post(entity.resource, document)[entity.key]

    assert (after["Id"], after["SyncToken"]) == (document["Id"], str(int(document["SyncToken"]) + 1))
    assert client.read(entity.name, document["Id"]) == after


def sparse_update(client: Any, entity: Entity) -> None:
    document = existing(client, entity)
    required = {name: document[name] for name in entity.required if name in document}

    after = client.post(entity.resource, {**required, **named(document), "sparse": True})[entity.key]

    computed = {"SyncToken", "MetaData"}
    assert {k: v for k, v in after.items() if k not in computed} == {
        k: v for k, v in document.items() if k not in computed
    }
    assert after["SyncToken"] == str(int(document["SyncToken"]) + 1)


def delete(client: Any, entity: Entity) -> None:
    made = client.make(entity.name)
    whole = {"Bill": made} if entity.wrapped else made

    answer = client.post(f"{entity.resource}?operation=delete", whole)

    stub = {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert {k: v for k, v in answer.items() if k != "time"} == (
        {} if entity.name == "Budget" else {entity.key: stub}
    )
    gone = client.send("GET", f"{entity.resource}/{made['Id']}").json()
    assert gone["Fault"]["Error"][0]["code"] == "610"


def void(client: Any, entity: Entity) -> None:
    document = client.make(entity.name)
    how = "operation=void" if entity.name == "Invoice" else "operation=update&include=void"

    after = client.post(f"{entity.resource}?{how}", {**named(document), "sparse": True})[entity.key]

    assert (after["TotalAmt"], after["PrivateNote"], after["SyncToken"]) == (0, "Voided", "1")
    assert client.sandbox.look("ledger")["unbalanced"] == []


def send(client: Any, entity: Entity) -> None:
    document = client.make(entity.name)

    after = client.post(f"{entity.resource}/{document['Id']}/send?sendTo=ann@example.com", None)[entity.key]

    assert after["SyncToken"] == document["SyncToken"]
    if entity.name != "Payment":
        address = after["POEmail" if entity.name == "PurchaseOrder" else "BillEmail"]
        assert (after["EmailStatus"], address) == ("EmailSent", {"Address": "ann@example.com"})


def pdf(client: Any, entity: Entity) -> None:
    document = client.make(entity.name)

    answer = client.send("GET", f"{entity.resource}/{document['Id']}/pdf")

    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert answer.headers["Content-Type"].startswith("application/pdf")


WORKS: dict[Operation, Callable[[Any, Entity], None]] = {
    Operation.CREATE: create,
    Operation.READ: read,
    Operation.QUERY: query,
    Operation.UPDATE: update,
    Operation.SPARSE_UPDATE: sparse_update,
    Operation.DELETE: delete,
    Operation.VOID: void,
    Operation.SEND: send,
    Operation.PDF: pdf,
}


def refused(client: Any, entity: Entity, operation: Operation) -> Any:
    """What comes of asking for an operation that the object lacks."""
    document = named(existing(client, entity))
    body = {"Bill": document} if entity.wrapped else document
    asked = {
        Operation.CREATE: ("POST", "", {"Name": "x"}),
        Operation.UPDATE: ("POST", "", body),
        Operation.DELETE: ("POST", "?operation=delete", body),
        Operation.VOID: ("POST", "?operation=void", body),
        Operation.SEND: ("POST", f"/{document['Id']}/send?sendTo=ann@example.com", None),
        Operation.PDF: ("GET", f"/{document['Id']}/pdf", None),
    }
    method, rest, body = asked[operation]
    return client.send(method, f"{entity.resource}{rest}", body)


@pytest.mark.parametrize(("entity", "operation"), CELLS)
def test_an_operation_works_or_is_refused(client: Any, entity: Entity, operation: Operation) -> None:
    if entity.can(operation):
        WORKS[operation](client, entity)
        return
    if operation is Operation.SPARSE_UPDATE:
        # Documented or not, it is one switch for all objects without such a section, tested below.
        assert not entity.can(Operation.SPARSE_UPDATE)
        return

    answer = refused(client, entity, operation)

    word = "update" if operation is Operation.UPDATE else operation.value
    (error,) = answer.json()["Fault"]["Error"]
    assert (answer.status_code, error) == (
        400,
        {
            "Message": "Unsupported Operation",
            "Detail": f"Operation {word} {entity.name.lower()} is not supported.",
            "code": "500",
        },
    )


@pytest.mark.parametrize("value", ["accept", "full"])
def test_a_sparse_update_where_none_is_documented_is_a_switch(client: Any, value: str) -> None:
    client.sandbox.control("switches", sparse_where_undocumented=value)
    made = client.make("PaymentMethod", Type="CREDIT_CARD")

    changed = {**named(made), "sparse": True, "Name": f"{made['Name']} again"}
    after = client.post("paymentmethod", changed)["PaymentMethod"]

    assert (after["Type"] == "CREDIT_CARD") is (value == "accept")


def test_objects_with_an_address_of_their_own_answer_a_get_and_no_query(client: Any) -> None:
    classes = client.send("GET", "taxclassification").json()
    by_query = client.send("GET", "query?query=select * from TaxClassification").json()
    rights = client.session.get(f"{client.sandbox.url}/manage/entitlements/v3/{client.realm_id}", timeout=10)

    assert len(classes["QueryResponse"]["TaxClassification"]) == 3
    assert by_query["Fault"]["Error"][0]["code"] == "4001"
    assert rights.text.startswith("<?xml")


def test_a_deactivated_name_keeps_its_row_under_another_name(client: Any) -> None:
    made = client.make("Vendor")

    after = client.post("vendor", {**made, "Active": False})["Vendor"]

    assert (after["Active"], after["DisplayName"]) == (False, f"{made['DisplayName']} (deleted)")
    assert client.make("Vendor", DisplayName=made["DisplayName"])["Id"] != made["Id"]
