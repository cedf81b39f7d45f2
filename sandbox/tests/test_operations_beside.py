"""The cells of docs/reference/sandbox.md that test_operations.py leaves: change data, files, objects of others."""

from __future__ import annotations

from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Entity, Operation, Reading, by_name

# Objects that the demo company has no rows of, and objects that are read at an address of their own.
WITHOUT_ROWS = ("CompanyCurrency", "ExchangeRate", "JournalCode", "TaxPayment")
ASIDE = [e for e in MIRRORED if e.name in WITHOUT_ROWS or e.reading is Reading.OWN_URL]
WORDS = {Operation.UPDATE: "update"}
ASKED = {
    Operation.CREATE: ("POST", "?operation=create", {"Name": "x"}),
    Operation.UPDATE: ("POST", "", {"Id": "1", "SyncToken": "0"}),
    Operation.DELETE: ("POST", "?operation=delete", {"Id": "1", "SyncToken": "0"}),
    Operation.VOID: ("POST", "?operation=void", {"Id": "1", "SyncToken": "0"}),
    Operation.SEND: ("POST", "/1/send?sendTo=ann@example.com", None),
    Operation.PDF: ("GET", "/1/pdf", None),
}
LACKED = [(e, operation) for e in ASIDE for operation in ASKED if not e.can(operation)]


def name_of(value: Any) -> str:
    return str(value.name if isinstance(value, Entity) else value.value)


def unsupported(words: str) -> dict[str, str]:
    return {
        "Message": "Unsupported Operation",
        "Detail": f"Operation {words} is not supported.",
        "code": "500",
    }


def error(answer: Any) -> Any:
    (found,) = answer.json()["Fault"]["Error"]
    return found


@pytest.mark.parametrize(("entity", "operation"), LACKED, ids=name_of)
def test_what_an_object_aside_lacks_is_refused(client: Any, entity: Entity, operation: Operation) -> None:
    method, rest, body = ASKED[operation]

    answer = client.send(method, f"{entity.resource}{rest}", body)

    word = WORDS.get(operation, operation.value)
    assert (answer.status_code, error(answer)) == (400, unsupported(f"{word} {entity.name.lower()}"))


@pytest.mark.parametrize("entity", ASIDE, ids=name_of)
def test_an_object_aside_is_queried_only_if_it_can_be(client: Any, entity: Entity) -> None:
    answer = client.send("GET", f"query?query=select * from {entity.name}").json()

    if entity.can(Operation.QUERY):
        assert answer["QueryResponse"] == {}
    else:
        detail = f"QueryValidationError: invalid context declaration: {entity.name}"
        assert answer["Fault"]["Error"] == [{"Message": "Invalid query", "Detail": detail, "code": "4001"}]


@pytest.mark.parametrize("entity", MIRRORED, ids=name_of)
def test_an_object_has_change_data_or_is_refused(client: Any, entity: Entity) -> None:
    since = client.sandbox.control("clock", advance_s=60)["now"].replace("+", "%2B")

    answer = client.send("GET", f"cdc?entities={entity.name}&changedSince={since}")

    if entity.cdc:
        assert answer.json()["CDCResponse"] == [{"QueryResponse": [{}]}]
    else:
        assert (answer.status_code, error(answer)) == (400, unsupported(f"cdc {entity.name.lower()}"))


@pytest.mark.parametrize("entity", MIRRORED, ids=name_of)
def test_files_hang_on_attachables_and_no_other_object_has_an_address_for_them(
    client: Any, entity: Entity
) -> None:
    answers = [
        client.send(method, f"{entity.resource}/1/{what}")
        for method, what in (("POST", "upload"), ("GET", "download"))
    ]

    path = f"/v3/company/{client.realm_id}/{entity.resource}/1"
    assert [(answer.status_code, error(answer)) for answer in answers] == [
        (
            400,
            unsupported(
                f"Could not find resource for relative : {path}/{what} of full path: "
                f"https://sandbox.qbo.intuit.com{path}/{what}"
            ),
        )
        for what in ("upload", "download")
    ]


def test_an_id_that_is_no_file_cannot_be_downloaded(client: Any) -> None:
    note = client.make("Attachable")

    answers = [client.send("GET", f"download/{id}") for id in (note["Id"], "130", "x")]

    assert [error(answer)["code"] for answer in answers] == ["610", "610", "2030"]


def test_only_attachables_go_up_and_come_down() -> None:
    files = {Operation.UPLOAD, Operation.DOWNLOAD}

    having = {entity.name: files & entity.operations for entity in MIRRORED if files & entity.operations}

    assert having == {by_name("Attachable").name: files}


def found(client: Any, entity: Entity) -> Any:
    return client.send("GET", f"query?query=select * from {entity.name}").json()["QueryResponse"][entity.key]


# The company that an object is driven in, and a body for those that can be made. Nothing public says what a company
# in France looks like, so codes of journals are made at home.
@pytest.mark.parametrize(
    ("name", "company", "body", "change"),
    [
        ("CompanyCurrency", "currencies", {"Code": "JPY"}, {"Active": False}),
        ("JournalCode", "demo", {"Name": "VT", "Type": "Sales"}, {"Description": "Sales"}),
    ],
)
def test_an_object_aside_is_made_read_queried_and_changed(
    client: Any, name: str, company: str, body: Any, change: Any
) -> None:
    client.move(company)
    entity = by_name(name)

    made = client.post(entity.resource, body)[entity.key]
    read, rows = client.read(name, made["Id"]), found(client, entity)
    changed = client.post(entity.resource, {**made, **change})[entity.key]

    assert (read, made in rows) == (made, True)
    assert {key: changed[key] for key in change} == change
    assert (changed["Id"], changed["SyncToken"]) == (made["Id"], "1")
    assert client.read(name, made["Id"]) == changed


def test_a_tax_payment_is_read_and_queried_where_there_is_one(client: Any) -> None:
    client.move("abroad")
    entity = by_name("TaxPayment")

    (row,) = found(client, entity)

    assert client.read("TaxPayment", row["Id"]) == row


def test_a_rate_is_queried_read_by_its_currency_and_updated(client: Any) -> None:
    client.move("currencies")
    entity = by_name("ExchangeRate")
    given = {"SourceCurrencyCode": "EUR", "Rate": 1.25, "AsOfDate": "2026-01-02"}

    made = client.post("exchangerate", given)["ExchangeRate"]
    read = client.send("GET", "exchangerate?sourcecurrencycode=EUR&asofdate=2026-01-02").json()

    assert {key: made[key] for key in given} == given
    assert (read["ExchangeRate"], made in found(client, entity)) == (made, True)
