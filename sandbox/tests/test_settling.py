"""What payments settle when documents change below them: no money is lost, nothing is open by less than nothing."""

from __future__ import annotations

from typing import Any

import pytest
import requests


def sale(amount: float, customer: str) -> Any:
    detail = {"ItemRef": {"value": "3"}}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer}, "Line": [line]}


def bought(amount: float) -> Any:
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": amount, "DetailType": kind, kind: {"AccountRef": {"value": "7"}}}
    return {"VendorRef": {"value": "31"}, "Line": [line]}


def settles(**amounts: tuple[Any, float]) -> list[Any]:
    return [
        {"Amount": amount, "LinkedTxn": [{"TxnId": document["Id"], "TxnType": kind}]}
        for kind, (document, amount) in amounts.items()
    ]


def paid(client: Any, customer: str, total: float, lines: list[Any]) -> Any:
    return client.post("payment", {"CustomerRef": {"value": customer}, "TotalAmt": total, "Line": lines})[
        "Payment"
    ]


def applied(payment: Any) -> tuple[Any, list[Any]]:
    return payment["UnappliedAmt"], [line["Amount"] for line in payment["Line"]]


@pytest.fixture
def customer(client: Any) -> str:
    return str(client.make("Customer")["Id"])


@pytest.fixture
def invoice(client: Any, customer: str) -> Any:
    """An invoice of 100."""
    return client.make("Invoice", **sale(100, customer))


def marks(document: Any) -> Any:
    return {key: document[key] for key in ("Id", "SyncToken")}


def person(client: Any, action: str, name: str, id: str, **more: Any) -> requests.Response:
    given = {"action": action, "object": name, "id": id, **more}
    return requests.post(f"{client.sandbox.url}/sandbox/person", json=given, timeout=60)


def test_an_invoice_below_what_was_paid_takes_back_from_the_newest_payment(
    client: Any, customer: str, invoice: Any
) -> None:
    first = paid(client, customer, 60, settles(Invoice=(invoice, 60)))
    second = paid(client, customer, 40, settles(Invoice=(invoice, 40)))

    lowered = client.post("invoice", {**marks(invoice), "sparse": True, **sale(70, customer)})["Invoice"]

    assert (lowered["TotalAmt"], lowered["Balance"]) == (70, 0)
    assert applied(client.read("Payment", first["Id"])) == (0, [60])
    assert applied(client.read("Payment", second["Id"])) == (30, [10])
    assert client.read("Customer", customer)["Balance"] == -30


def test_an_invoice_below_what_was_paid_is_refused_where_the_switch_says_so(
    client: Any, customer: str, invoice: Any
) -> None:
    client.sandbox.control("switches", total_below_payments="refuse")
    payment = paid(client, customer, 60, settles(Invoice=(invoice, 60)))

    answer = client.send("POST", "invoice", {**marks(invoice), "sparse": True, **sale(50, customer)})

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "6000")
    assert client.read("Invoice", invoice["Id"])["Balance"] == 40
    assert applied(client.read("Payment", payment["Id"])) == (0, [60])


def test_a_voided_invoice_is_open_by_nothing_and_frees_money_and_credit(
    client: Any, customer: str, invoice: Any
) -> None:
    memo = client.make("CreditMemo", **sale(30, customer))
    payment = paid(client, customer, 70, settles(Invoice=(invoice, 100), CreditMemo=(memo, 30)))

    voided = client.post("invoice?operation=void", marks(invoice))["Invoice"]

    assert (voided["TotalAmt"], voided["Balance"], voided["LinkedTxn"]) == (0, 0, [])
    assert applied(client.read("Payment", payment["Id"])) == (70, [])
    assert client.read("CreditMemo", memo["Id"])["RemainingCredit"] == 30
    assert client.read("Customer", customer)["Balance"] == -100


def test_a_credit_memo_that_is_deleted_opens_what_it_paid(client: Any, customer: str, invoice: Any) -> None:
    memo = client.make("CreditMemo", **sale(100, customer))
    payment = paid(client, customer, 0, settles(Invoice=(invoice, 100), CreditMemo=(memo, 100)))

    client.post("creditmemo?operation=delete", marks(memo))

    assert client.read("Invoice", invoice["Id"])["Balance"] == 100
    assert applied(client.read("Payment", payment["Id"])) == (0, [])
    assert client.read("Customer", customer)["Balance"] == 100


def test_a_vendor_credit_below_what_was_used_opens_the_bill(client: Any) -> None:
    before = client.read("Vendor", "31")["Balance"]
    bill, credit = client.make("Bill", **bought(50)), client.make("VendorCredit", **bought(20))
    body = {**client.body("BillPayment"), "VendorRef": {"value": "31"}, "TotalAmt": 30}
    client.post("billpayment", {**body, "Line": settles(Bill=(bill, 50), VendorCredit=(credit, 20))})

    client.post("vendorcredit", {**marks(credit), "sparse": True, **bought(5)})

    assert client.read("Bill", bill["Id"])["Balance"] == 15
    assert client.read("VendorCredit", credit["Id"])["Balance"] == 0
    assert client.read("Vendor", "31")["Balance"] == round(before + 15, 2)


@pytest.mark.parametrize(("total", "credit"), [(69.99, 30), (100, 100.01)])
def test_a_payment_uses_no_more_than_its_money_and_its_credits(
    client: Any, customer: str, invoice: Any, total: float, credit: float
) -> None:
    memo = client.make("CreditMemo", **sale(200, customer))
    lines = settles(Invoice=(invoice, 100), CreditMemo=(memo, credit))

    answer = client.send(
        "POST", "payment", {"CustomerRef": {"value": customer}, "TotalAmt": total, "Line": lines}
    )

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "6000")


def test_a_parent_that_pays_for_its_job_leaves_neither_with_a_balance(client: Any, customer: str) -> None:
    job = client.make("Customer", Job=True, ParentRef={"value": customer})
    invoice = client.make("Invoice", **sale(100, job["Id"]))

    paid(client, customer, 110, settles(Invoice=(invoice, 100)))

    parent, child = client.read("Customer", customer), client.read("Customer", job["Id"])
    assert (child["Balance"], parent["Balance"], parent["BalanceWithJobs"]) == (0, -10, -10)


def test_an_invoice_that_changes_its_customer_takes_what_was_paid_along(
    client: Any, customer: str, invoice: Any
) -> None:
    job = client.make("Customer", Job=True, ParentRef={"value": customer})
    paid(client, customer, 60, settles(Invoice=(invoice, 60)))

    client.post("invoice", {**marks(invoice), "sparse": True, "CustomerRef": {"value": job["Id"]}})

    parent, child = client.read("Customer", customer), client.read("Customer", job["Id"])
    assert (child["Balance"], parent["Balance"], parent["BalanceWithJobs"]) == (40, 0, 40)


@pytest.mark.parametrize("action", ["void", "delete"])
def test_nobody_ends_a_payment_that_was_deposited(client: Any, customer: str, action: str) -> None:
    payment = paid(client, customer, 60, [])
    line = {"Amount": 60, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    client.post("deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})

    answer = person(client, action, "Payment", payment["Id"])

    assert (answer.status_code, answer.json()["code"]) == (400, "6540")
    assert client.read("Payment", payment["Id"])["TotalAmt"] == 60


@pytest.mark.parametrize(("before_tax", "tax"), [(False, 8), (True, 7.2)])
def test_a_discount_lowers_the_tax_only_where_the_form_says_so(
    client: Any, customer: str, before_tax: bool, tax: float
) -> None:
    body = sale(100, customer)
    body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] = {"value": "TAX"}
    detail = {"PercentBased": True, "DiscountPercent": 10}
    body["Line"].append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
    body |= {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}, "ApplyTaxAfterDiscount": before_tax}

    made = client.make("Invoice", **body)

    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (tax, 90 + tax)


def test_a_merge_reaches_journal_lines_and_templates(client: Any, customer: str) -> None:
    winner = client.make("Customer")["Id"]
    kind = "JournalEntryLineDetail"
    named = {"Entity": {"Type": "Customer", "EntityRef": {"value": customer}}}
    lines = [
        {
            "Amount": 10,
            "DetailType": kind,
            kind: {"PostingType": "Debit", "AccountRef": {"value": "84"}, **named},
        },
        {"Amount": 10, "DetailType": kind, kind: {"PostingType": "Credit", "AccountRef": {"value": "7"}}},
    ]
    entry = client.make("JournalEntry", Line=lines)
    info = {"Name": "Monthly", "RecurType": "Automated", "Active": True}
    template = client.post("recurringtransaction", {"Invoice": {**sale(5, customer), "RecurringInfo": info}})[
        "RecurringTransaction"
    ]["Invoice"]

    person(client, "merge", "Customer", customer, into=winner).raise_for_status()

    line = client.read("JournalEntry", entry["Id"])["Line"][0]
    kept = client.read("RecurringTransaction", template["Id"])
    assert line[kind]["Entity"]["EntityRef"]["value"] == winner
    assert client.read("Customer", winner)["Balance"] == 10
    assert (kept["CustomerRef"]["value"], kept["RecurringInfo"], kept["SyncToken"]) == (winner, info, "1")


def test_nothing_is_merged_into_itself_or_into_what_stands_below_it(client: Any, customer: str) -> None:
    job = client.make("Customer", Job=True, ParentRef={"value": customer})["Id"]

    answers = [person(client, "merge", "Customer", customer, into=into) for into in (job, customer)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert client.read("Customer", job)["ParentRef"]["value"] == customer
