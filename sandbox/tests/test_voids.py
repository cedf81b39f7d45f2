"""Void, object by object: which form of the address does it, and what is left of the document."""

from __future__ import annotations

from typing import Any

import pytest

BY_UPDATE = "{0}?operation=update&include=void"
BY_NAME = "{0}?operation=void"
# The pages' own forms.
FORMS = [
    ("Invoice", BY_NAME),
    ("Payment", BY_UPDATE),
    ("SalesReceipt", BY_UPDATE),
    ("BillPayment", BY_UPDATE),
]
OTHER_FORMS = [(name, BY_UPDATE if form == BY_NAME else BY_NAME) for name, form in FORMS]
# Only a person voids these, as far as pages say.
UNDOCUMENTED = ["RefundReceipt", "Purchase", "Transfer"]


def named(document: Any) -> dict[str, Any]:
    return {"Id": document["Id"], "SyncToken": document["SyncToken"], "sparse": True}


def refusal(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["Fault"]["Error"]
    return answer.status_code, error["code"], error["Detail"]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_object_is_voided_by_its_own_form(client: Any, name: str, form: str) -> None:
    made = client.make(name)

    voided = client.post(form.format(name.lower()), named(made))[name]

    assert (voided["Id"], voided["SyncToken"], voided["TotalAmt"]) == (made["Id"], "1", 0)
    assert voided["PrivateNote"].startswith("Voided")
    assert {line["Amount"] for line in voided.get("Line", [])} <= {0}
    assert client.read(name, made["Id"]) == voided
    assert client.sandbox.look("ledger")["unbalanced"] == []


@pytest.mark.parametrize(("name", "form"), OTHER_FORMS)
@pytest.mark.parametrize("chosen", ["refuse", "accept"])
def test_the_form_of_another_object_works_only_by_a_switch(
    client: Any, name: str, form: str, chosen: str
) -> None:
    client.sandbox.control("switches", void_by_another_form=chosen)
    made = client.make(name)

    answer = client.send("POST", form.format(name.lower()), named(made))

    if chosen == "accept":
        assert answer.json()[name]["TotalAmt"] == 0
    else:
        assert refusal(answer) == (400, "500", f"Operation void {name.lower()} is not supported.")
        assert client.read(name, made["Id"]) == made


@pytest.mark.parametrize("name", UNDOCUMENTED)
@pytest.mark.parametrize("chosen", ["ignore", "void", "refuse"])
def test_what_only_a_person_voids_follows_the_switch(client: Any, name: str, chosen: str) -> None:
    client.sandbox.control("switches", void_where_undocumented=chosen)
    made = client.make(name)

    answer = client.send("POST", BY_UPDATE.format(name.lower()), named(made))

    after = client.read(name, made["Id"])
    if chosen == "refuse":
        assert refusal(answer) == (400, "500", f"Operation void {name.lower()} is not supported.")
    else:
        assert answer.json()[name] == after
    assert (after == made) is (chosen != "void")
    assert ("Voided" in after.get("PrivateNote", "")) is (chosen == "void")


@pytest.mark.parametrize("chosen", ["ignore", "void"])
def test_a_credit_memo_is_never_voided(client: Any, chosen: str) -> None:
    client.sandbox.control("switches", void_where_undocumented=chosen)
    made = client.make("CreditMemo")

    answer = client.send("POST", BY_UPDATE.format("creditmemo"), named(made))

    assert (answer.status_code, answer.json()["CreditMemo"]) == (200, made)


@pytest.mark.parametrize("name", ["Customer", "Estimate", "Bill"])
def test_what_nobody_voids_is_refused_whatever_the_switch_says(client: Any, name: str) -> None:
    client.sandbox.control("switches", void_where_undocumented="void")
    made = client.make(name)

    answer = client.send("POST", BY_UPDATE.format(name.lower()), named(made))

    assert refusal(answer) == (400, "500", f"Operation void {name.lower()} is not supported.")
    assert client.read(name, made["Id"]) == made


def test_a_void_of_an_older_version_is_stale_and_changes_nothing(client: Any) -> None:
    made = client.make("Invoice")
    changed = client.post("invoice", {**named(made), "PrivateNote": "newer"})["Invoice"]

    answer = client.send("POST", BY_NAME.format("invoice"), named(made))

    assert refusal(answer)[:2] == (400, "5010")
    assert client.read("Invoice", made["Id"]) == changed


def test_voiding_a_payment_opens_its_invoice_again(client: Any) -> None:
    invoice = client.make("Invoice")
    link = {"TxnId": invoice["Id"], "TxnType": "Invoice"}
    payment = client.make(
        "Payment",
        CustomerRef=invoice["CustomerRef"],
        TotalAmt=invoice["TotalAmt"],
        Line=[{"Amount": invoice["TotalAmt"], "LinkedTxn": [link]}],
    )
    paid = client.read("Invoice", invoice["Id"])["Balance"]

    voided = client.post(BY_UPDATE.format("payment"), named(payment))["Payment"]

    assert (paid, client.read("Invoice", invoice["Id"])["Balance"]) == (0, invoice["TotalAmt"])
    assert (voided["Line"], voided["UnappliedAmt"]) == ([], 0)


def test_a_recurring_transaction_is_not_updated_and_not_made_twice(client: Any) -> None:
    query = "query?query=select * from RecurringTransaction"
    before = client.send("GET", query).json()["QueryResponse"]

    answer = client.send("POST", "recurringtransaction", before["RecurringTransaction"][0])

    assert refusal(answer) == (400, "500", "Operation update recurringtransaction is not supported.")
    assert client.send("GET", query).json()["QueryResponse"] == before
