"""What the company's rules allow: the other side of the refusals in `test_faults`."""

from __future__ import annotations

from typing import Any

import pytest


def line(invoice: str, amount: float) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}


def test_a_number_in_use_is_taken_where_the_address_allows_it(client: Any) -> None:
    body = {**client.body("Invoice"), "DocNumber": "1037"}

    made = client.post("invoice?include=allowduplicatedocnum", body)["Invoice"]

    assert made["DocNumber"] == "1037"


def test_two_vendors_may_use_the_same_bill_number_where_one_may_not(client: Any) -> None:
    warn_of_bills(client)
    client.make("Bill", DocNumber="B-1")

    other = client.make("Bill", DocNumber="B-1", VendorRef={"value": "30"})
    same = client.send("POST", "bill", {**client.body("Bill"), "DocNumber": "B-1"})

    assert (other["DocNumber"], same.json()["Fault"]["Error"][0]["code"]) == ("B-1", "6140")


def warn_of_bills(client: Any) -> None:
    """What a person chooses in the settings."""
    preferences = client.read("Preferences", "1")["OtherPrefs"]["NameValue"]
    chosen = [
        {**pair, "Value": "true"} if pair["Name"] == "WarnDuplicateBillNumber" else pair
        for pair in preferences
    ]
    changes = {"OtherPrefs": {"NameValue": chosen}}
    client.sandbox.control("person", action="edit", object="Preferences", id="1", changes=changes)


def test_an_update_keeps_its_own_number_and_name(client: Any) -> None:
    invoice, customer = client.make("Invoice", DocNumber="Mine"), client.make("Customer")

    again = client.post("invoice", {**invoice, "PrivateNote": "x"})["Invoice"]
    renamed = client.post("customer", {**customer, "Notes": "x"})["Customer"]

    assert (again["DocNumber"], renamed["DisplayName"]) == ("Mine", customer["DisplayName"])


def test_the_name_of_an_inactive_object_is_free(client: Any) -> None:
    first = client.make("Customer", DisplayName="Twice")
    client.post("customer", {**first, "Active": False})

    second = client.make("Vendor", DisplayName="Twice")

    assert client.read("Customer", first["Id"])["DisplayName"] == "Twice (deleted)"
    assert second["DisplayName"] == "Twice"


def test_an_inactive_name_can_be_activated_again(client: Any) -> None:
    first = client.make("Customer", DisplayName="Back")
    gone = client.post("customer", {**first, "Active": False})["Customer"]

    back = client.post(
        "customer", {"Id": gone["Id"], "SyncToken": gone["SyncToken"], "sparse": True, "Active": True}
    )

    assert (back["Customer"]["Active"], back["Customer"]["DisplayName"]) == (True, "Back")


def test_one_payment_settles_the_invoices_of_a_family(client: Any) -> None:
    mine = client.make("Invoice", CustomerRef={"value": "7"})
    theirs = client.make("Invoice", CustomerRef={"value": "8"})

    paid = client.make(
        "Payment",
        CustomerRef={"value": "7"},
        TotalAmt=50,
        Line=[line(mine["Id"], 20), line(theirs["Id"], 30)],
    )

    assert [client.read("Invoice", one["Id"])["Balance"] for one in (mine, theirs)] == [70, 60]
    assert paid["UnappliedAmt"] == 0


def test_a_payment_keeps_what_it_settles_when_it_is_sent_back(client: Any) -> None:
    invoice = client.make("Invoice")
    body = {"CustomerRef": {"value": "3"}, "TotalAmt": 90, "Line": [line(invoice["Id"], 90)]}
    paid = client.post("payment", body)["Payment"]

    client.post("payment", {**paid, "PrivateNote": "checked"})

    assert client.read("Invoice", invoice["Id"])["Balance"] == 0


def test_deleting_a_payment_opens_its_invoice_which_can_then_be_deleted(client: Any) -> None:
    invoice = client.make("Invoice")
    body = {"CustomerRef": {"value": "3"}, "TotalAmt": 90, "Line": [line(invoice["Id"], 90)]}
    paid = client.post("payment", body)["Payment"]

    client.post("payment?operation=delete", {"Id": paid["Id"], "SyncToken": paid["SyncToken"]})
    is_open = client.read("Invoice", invoice["Id"])
    client.post("invoice?operation=delete", {"Id": is_open["Id"], "SyncToken": is_open["SyncToken"]})

    assert is_open["Balance"] == 90
    assert client.send("GET", f"invoice/{invoice['Id']}").json()["Fault"]["Error"][0]["code"] == "610"


def test_where_pages_are_wrong_a_paid_invoice_goes_and_its_money_stays_unapplied(client: Any) -> None:
    client.sandbox.control("switches", deletion_of_what_is_linked="unlink")
    invoice = client.make("Invoice")
    body = {"CustomerRef": {"value": "3"}, "TotalAmt": 90, "Line": [line(invoice["Id"], 90)]}
    paid = client.post("payment", body)["Payment"]

    client.post("invoice?operation=delete", {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]})

    assert client.read("Payment", paid["Id"])["UnappliedAmt"] == 90


def test_books_that_are_opened_again_take_documents(client: Any) -> None:
    client.sandbox.control("close_books", date="2099-12-31")
    refused = client.send("POST", "transfer", client.body("Transfer"))

    client.sandbox.control("close_books")

    assert refused.json()["Fault"]["Error"][0]["code"] == "6210"
    assert client.make("Transfer")["Amount"] == 120


def test_closed_books_take_names_and_estimates(client: Any) -> None:
    client.sandbox.control("close_books", date="2099-12-31")

    made = [client.make(name)["SyncToken"] for name in ("Customer", "Estimate", "PurchaseOrder")]

    assert made == ["0", "0", "0"]


def test_the_demo_companys_documents_can_be_sent_back_but_for_what_the_rules_hold(client: Any) -> None:
    refused: dict[str, set[str]] = {}
    for name in ("Bill", "Estimate", "Payment", "Purchase", "PurchaseOrder", "SalesReceipt", "TimeActivity"):
        found = client.send("GET", f"query?query=select%20*%20from%20{name}%20maxresults%20100").json()
        for document in found["QueryResponse"][name]:
            answer = client.send("POST", name.lower(), document).json()
            codes = {error["code"] for error in answer.get("Fault", {}).get("Error", ())}
            refused[name] = refused.get(name, set()) | codes

    assert {name: codes for name, codes in refused.items() if codes} == {
        "Payment": {"6540"},
        "SalesReceipt": {"6540"},
    }


def test_no_request_moves_the_closing_date(client: Any) -> None:
    client.sandbox.control("close_books", date="2024-01-31")
    preferences = client.read("Preferences", "1")

    chosen = {**preferences["AccountingInfoPrefs"], "BookCloseDate": "2099-12-31"}
    after = client.post("preferences", {**preferences, "AccountingInfoPrefs": chosen})["Preferences"]

    assert after["AccountingInfoPrefs"]["BookCloseDate"] == "2024-01-31"


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({"AccountType": "Bank"}, ("Bank", "CashOnHand", "Asset")),
        ({"AccountSubType": "Checking"}, ("Bank", "Checking", "Asset")),
        ({"AccountType": "Expense"}, ("Expense", "Travel", "Expense")),
    ],
)
def test_an_account_gets_the_type_that_it_does_not_name(
    client: Any, given: dict[str, str], kinds: tuple[str, ...]
) -> None:
    made = client.post("account", {"Name": "Typed", **given})["Account"]

    assert (made["AccountType"], made["AccountSubType"], made["Classification"]) == kinds


def test_what_quickbooks_computes_is_ignored_not_refused(client: Any) -> None:
    made = client.make("Invoice", TotalAmt=1, Balance=1, HomeTotalAmt=1, SyncToken="9")

    assert (made["TotalAmt"], made["Balance"], made["SyncToken"]) == (90, 90, "0")


def test_a_full_update_clears_what_it_leaves_out_and_a_sparse_one_keeps_it(client: Any) -> None:
    customer = client.make("Customer")
    key = {"Id": customer["Id"], "DisplayName": customer["DisplayName"]}

    sparse = client.post("customer", {**key, "SyncToken": "0", "sparse": True, "Notes": "kept"})["Customer"]
    full = client.post("customer", {**key, "SyncToken": "1", "sparse": False})["Customer"]

    assert (sparse["CompanyName"], sparse["Notes"]) == ("Lee & Co", "kept")
    assert {"CompanyName", "Notes", "PrimaryEmailAddr"} & set(full) == set()


@pytest.mark.parametrize(
    ("name", "changes", "read"),
    [
        ("Invoice", {"DocNumber": 4711}, {"DocNumber": "4711"}),
        ("Transfer", {"Amount": "120.50"}, {"Amount": 120.5}),
        ("Term", {"DueDays": "30"}, {"DueDays": 30}),
        ("Customer", {"Taxable": "true"}, {"Taxable": True}),
        ("Bill", {"VendorRef": {"value": 56}}, {"VendorRef": {"value": "56", "name": "Bob's Burger Joint"}}),
        # On Intuit's pages, and not in its schema.
        ("BillPayment", {"ProcessBillPayment": True}, {"ProcessBillPayment": True}),
        ("TimeActivity", {"TransactionLocationType": "FRANCE"}, {"TransactionLocationType": "FRANCE"}),
        ("TimeActivity", {"BillableStatus": "Billable", "HourlyRate": 75}, {"BillableStatus": "Billable"}),
    ],
)
def test_values_are_read_as_the_service_reads_them(
    client: Any, name: str, changes: dict[str, Any], read: dict[str, Any]
) -> None:
    made = client.make(name, **changes)

    assert {key: made[key] for key in read} == read


def test_an_amount_is_a_cent_off_only_where_that_is_allowed(client: Any) -> None:
    body = client.body("SalesReceipt")
    body["Line"][0] |= {"Amount": 1861.07}
    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 128.35, "UnitPrice": 14.5}
    refused = client.send("POST", "salesreceipt", body)

    client.sandbox.control("switches", amount_of_a_line="a_cent_off")

    assert refused.json()["Fault"]["Error"][0]["code"] == "6070"
    assert client.post("salesreceipt", body)["SalesReceipt"]["TotalAmt"] == 1861.07


def test_fractions_of_a_cent_go_up_from_the_half_and_the_books_balance(client: Any) -> None:
    lines = client.body("Bill")["Line"]

    made = client.make("Bill", Line=[{**lines[0], "Amount": 10.005}, {**lines[1], "Amount": 0.004}])

    assert [one["Amount"] for one in made["Line"]] == [10.01, 0]
    assert made["TotalAmt"] == 10.01


def test_the_type_of_a_term_follows_from_what_it_counts(client: Any) -> None:
    made = client.make("Term", Type="DATE_DRIVEN")
    dated = {**made, "DayOfMonthDue": 5}
    del dated["DueDays"]

    after = client.post("term", dated)["Term"]

    assert (made["Type"], after["Type"]) == ("STANDARD", "DATE_DRIVEN")
