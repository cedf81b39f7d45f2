"""Taxes outside the United States, in the Canadian company, over HTTP: documents, and where the tax is booked."""

from __future__ import annotations

from typing import Any

import pytest

TODAY = "2026-01-15"
HST, GST_QST, COMPOUND, ZERO, EXEMPT = "5", "6", "8", "3", "2"


@pytest.fixture
def company(client: Any) -> Any:
    """A client of the Canadian company."""
    client.move("abroad")
    return client


def sold(amount: float, code: str | None) -> Any:
    """One piece of something, with a tax code."""
    tax = {"TaxCodeRef": {"value": code}} if code else {}
    detail = {"ItemRef": {"value": "2"}, "UnitPrice": amount, "Qty": 1, **tax}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def spent(amount: float, code: str) -> Any:
    """A line of an expense, with a tax code."""
    detail = {"AccountRef": {"value": "10"}, "TaxCodeRef": {"value": code}}
    return {
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def sale(client: Any, *lines: Any, kind: str = "Invoice", **more: Any) -> Any:
    """A new sale to the first customer."""
    body = {"CustomerRef": {"value": "1"}, "TxnDate": TODAY, "Line": list(lines), **more}
    return client.post(kind.lower(), body)[kind]


def bill(client: Any, *lines: Any, kind: str = "Bill", **more: Any) -> Any:
    """A new bill of the first vendor."""
    body = {"VendorRef": {"value": "4"}, "TxnDate": TODAY, "Line": list(lines), **more}
    return client.post(kind.lower(), body)[kind]


def taxes(document: Any) -> tuple[Any, list[tuple[str, Any, Any, Any]]]:
    """The total, and of each line: the rate, its percent, what it taxes, the tax."""
    lines = [
        (d["TaxRateRef"]["value"], d["TaxPercent"], d["NetAmountTaxable"], line["Amount"])
        for line in document["TxnTaxDetail"].get("TaxLine", ())
        for d in [line["TaxLineDetail"]]
    ]
    return document["TxnTaxDetail"]["TotalTax"], lines


def test_the_company_is_in_canada(company: Any) -> None:
    preferences = company.send("GET", "preferences").json()["Preferences"]
    info = company.send("GET", f"companyinfo/{company.realm_id}").json()["CompanyInfo"]

    assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "CAD"}}
    assert (company.realm_id, info["Country"]) == ("9341453418820071", "CA")


def test_a_code_has_rates_for_sales_and_others_for_purchases(company: Any) -> None:
    code = company.read("TaxCode", GST_QST)

    def rate(id: str, name: str) -> Any:
        return {"TaxRateRef": {"value": id, "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}

    assert code["SalesTaxRateList"] == {"TaxRateDetail": [rate("1", "GST"), rate("5", "QST 9.975")]}
    assert code["PurchaseTaxRateList"] == {
        "TaxRateDetail": [rate("2", "GST (ITC)"), rate("6", "QST (ITR) 9.975")]
    }


def test_a_taxed_invoice_is_whole(company: Any) -> None:
    made = sale(company, sold(99.99, GST_QST), DocNumber="B-1", GlobalTaxCalculation="TaxExcluded")

    del made["Id"], made["MetaData"]
    assert made == {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
        "domain": "QBO",
        "sparse": False,
        "SyncToken": "0",
        "DocNumber": "B-1",
        "TxnDate": TODAY,
        "CurrencyRef": {"value": "CAD", "name": "Canadian Dollar"},
        "LinkedTxn": [],
        "Line": [
            {
                "Id": "1",
                "LineNum": 1,
                "Amount": 99.99,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "2", "name": "Framing"},
                    "UnitPrice": 99.99,
                    "Qty": 1,
                    "TaxCodeRef": {"value": GST_QST},
                },
            },
            {"Amount": 99.99, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
        ],
        "TxnTaxDetail": {
            "TotalTax": 14.97,
            "TaxLine": [
                {
                    "Amount": amount,
                    "DetailType": "TaxLineDetail",
                    "TaxLineDetail": {
                        "TaxRateRef": {"value": rate},
                        "PercentBased": True,
                        "TaxPercent": percent,
                        "NetAmountTaxable": 99.99,
                    },
                }
                for rate, percent, amount in (("1", 5, 5), ("5", 9.975, 9.97))
            ],
        },
        "CustomerRef": {"value": "1", "name": "Rideau Framing"},
        "DueDate": "2026-02-14",
        "GlobalTaxCalculation": "TaxExcluded",
        "TotalAmt": 114.96,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
        "Balance": 114.96,
    }


def test_each_agency_has_its_tax_on_its_own_account(company: Any) -> None:
    before = company.ledger()

    sale(company, sold(99.99, GST_QST))

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R)": "114.96",
        "GST/HST Payable": "-5.00",
        "QST Payable": "-9.97",
        "Sales": "-99.99",
    }


@pytest.mark.parametrize("kind", ["CreditMemo", "RefundReceipt"])
def test_what_is_given_back_takes_its_tax_back(company: Any, kind: str) -> None:
    before = company.ledger()

    made = sale(company, sold(100, HST), kind=kind, DepositToAccountRef={"value": "3"})

    against = "Accounts Receivable (A/R)" if kind == "CreditMemo" else "Chequing"
    assert made["TotalAmt"] == 113
    assert company.moved_since(before) == {"GST/HST Payable": "13.00", "Sales": "100.00", against: "-113.00"}


def test_a_rate_may_tax_the_rate_before_it(company: Any) -> None:
    made = sale(company, sold(100, COMPOUND))

    assert taxes(made) == (14.98, [("1", 5, 100, 5), ("9", 9.5, 105, 9.98)])
    assert made["TotalAmt"] == 114.98


def test_lines_of_several_codes_are_summed_by_rate(company: Any) -> None:
    made = sale(company, sold(10, HST), sold(20, ZERO), sold(30, EXEMPT), sold(40, HST))

    assert taxes(made) == (6.5, [("3", 13, 50, 6.5), ("7", 0, 20, 0)])
    assert made["TotalAmt"] == 106.5


def test_a_discount_lowers_what_each_rate_taxes(company: Any) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }

    made = sale(company, sold(100, HST), sold(50, ZERO), discount)

    assert taxes(made) == (11.7, [("3", 13, 90, 11.7), ("7", 0, 45, 0)])
    assert made["TotalAmt"] == 146.7


def test_prices_without_tax_are_what_is_meant_without_a_word(company: Any) -> None:
    made = sale(company, sold(100, HST))

    assert (made["GlobalTaxCalculation"], made["TotalAmt"]) == ("TaxExcluded", 113)


def test_a_document_without_tax_needs_no_codes(company: Any) -> None:
    before = company.ledger()

    made = sale(company, sold(100, None), GlobalTaxCalculation="NotApplicable")

    assert (taxes(made), made["TotalAmt"]) == ((0, []), 100)
    assert company.moved_since(before) == {"Accounts Receivable (A/R)": "100.00", "Sales": "-100.00"}


def test_inclusive_lines_show_net_amounts_and_the_gross_beside_them(company: Any) -> None:
    made = sale(company, sold(1809.79, HST), sold(62.73, ZERO), GlobalTaxCalculation="TaxInclusive")

    lines = [(line["Amount"], line["SalesItemLineDetail"]["TaxInclusiveAmt"]) for line in made["Line"][:2]]
    assert lines == [(1809.79, 2045.06), (62.73, 62.73)]
    assert (taxes(made)[0], made["TotalAmt"]) == (235.27, 2107.79)


def test_an_inclusive_amount_is_net_whatever_gross_is_said_to_be(company: Any) -> None:
    line = spent(113, HST)
    line["AccountBasedExpenseLineDetail"]["TaxInclusiveAmt"] = 113

    made = bill(company, line, GlobalTaxCalculation="TaxInclusive")

    assert made["TotalAmt"] == 127.69


def test_an_inclusive_amount_is_gross_where_the_switch_says_so(company: Any) -> None:
    company.sandbox.control("switches", inclusive_amount="gross")
    before = company.ledger()
    made = sale(company, sold(113, HST), GlobalTaxCalculation="TaxInclusive")

    again = company.post("invoice", {key: value for key, value in made.items() if key != "TxnTaxDetail"})[
        "Invoice"
    ]

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R)": "113.00",
        "GST/HST Payable": "-13.00",
        "Sales": "-100.00",
    }
    assert [
        (d["Line"][0]["Amount"], d["Line"][0]["SalesItemLineDetail"]["UnitPrice"]) for d in (made, again)
    ] == [
        (100, 100),
        (100, 100),
    ]


@pytest.mark.parametrize(("rounding", "tax"), [("per_rate", 0.41), ("per_line", 0.42)])
def test_tax_is_rounded_where_the_switch_says(company: Any, rounding: str, tax: float) -> None:
    company.sandbox.control("switches", tax_rounding=rounding)
    before = company.ledger()

    made = sale(company, sold(1.04, HST), sold(1.04, HST), sold(1.04, HST))

    assert taxes(made) == (tax, [("3", 13, 3.12, tax)])
    assert company.moved_since(before)["GST/HST Payable"] == f"{-tax:.2f}"


def test_tax_on_purchases_is_claimed_from_the_agencies(company: Any) -> None:
    before = company.ledger()

    made = bill(company, spent(200, GST_QST))

    assert taxes(made) == (29.95, [("2", 5, 200, 10), ("6", 9.975, 200, 19.95)])
    assert made["Line"][0]["AccountBasedExpenseLineDetail"] == {
        "AccountRef": {"value": "10", "name": "Materials"},
        "TaxCodeRef": {"value": GST_QST},
        "BillableStatus": "NotBillable",
    }
    assert company.moved_since(before) == {
        "Accounts Payable (A/P)": "-229.95",
        "GST/HST Payable": "10.00",
        "Materials": "200.00",
        "QST Payable": "19.95",
    }


def test_a_vendor_credit_gives_the_claim_back(company: Any) -> None:
    before = company.ledger()

    bill(company, spent(100, HST), kind="VendorCredit")

    assert company.moved_since(before) == {
        "Accounts Payable (A/P)": "113.00",
        "GST/HST Payable": "-13.00",
        "Materials": "-100.00",
    }


def test_an_expense_is_paid_with_its_tax(company: Any) -> None:
    before = company.ledger()
    body = {
        "AccountRef": {"value": "13"},
        "PaymentType": "CreditCard",
        "TxnDate": TODAY,
        "Line": [spent(100, HST)],
    }

    made = company.post("purchase", body)["Purchase"]

    assert (made["TotalAmt"], made["GlobalTaxCalculation"]) == (113, "TaxExcluded")
    assert company.moved_since(before) == {
        "GST/HST Payable": "13.00",
        "Materials": "100.00",
        "Visa": "-113.00",
    }


@pytest.mark.parametrize(("kind", "make"), [("Estimate", sale), ("PurchaseOrder", bill)])
def test_what_books_nothing_is_taxed_all_the_same(company: Any, kind: str, make: Any) -> None:
    before = company.ledger()
    lines = [sold(100, HST)] if make is sale else [spent(100, HST)]
    more = {} if make is sale else {"APAccountRef": {"value": "7"}}

    made = make(company, *lines, kind=kind, **more)

    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (13, 113)
    assert company.moved_since(before) == {}


def test_a_clients_own_tax_line_stands(company: Any) -> None:
    before = company.ledger()
    tax = {"Amount": 12.99, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": "4"}}}

    made = bill(company, spent(100, HST), TxnTaxDetail={"TaxLine": [tax]})

    assert (taxes(made), made["TotalAmt"]) == ((12.99, [("4", 13, 100, 12.99)]), 112.99)
    assert company.moved_since(before)["GST/HST Payable"] == "12.99"


def test_a_total_of_tax_alone_is_worked_out_anew(company: Any) -> None:
    made = sale(company, sold(100, HST), TxnTaxDetail={"TotalTax": 1})

    assert taxes(made)[0] == 13


@pytest.mark.parametrize("sparse", [True, False])
def test_new_lines_have_their_own_tax(company: Any, sparse: bool) -> None:
    made = sale(company, sold(100, HST))
    lines = [{**made["Line"][0], **sold(200, HST)}]
    body = {**made, "sparse": sparse, "Line": lines}
    del body["TxnTaxDetail"]

    after = company.post("invoice", body)["Invoice"]

    assert (taxes(after), after["TotalAmt"], after["SyncToken"]) == ((26, [("3", 13, 200, 26)]), 226, "1")


def test_old_tax_sent_back_with_new_lines_stays_too_low(company: Any) -> None:
    made = sale(company, sold(100, HST))
    lines = [{**made["Line"][0], **sold(200, HST)}]

    after = company.post("invoice", {**made, "Line": lines})["Invoice"]

    assert (taxes(after)[0], after["TotalAmt"]) == (13, 213)


def test_a_sparse_update_of_a_note_leaves_taxes_alone(company: Any) -> None:
    tax = {"Amount": 12.99, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": "4"}}}
    made = bill(company, spent(100, HST), TxnTaxDetail={"TaxLine": [tax]})

    body = {
        "Id": made["Id"],
        "SyncToken": "0",
        "sparse": True,
        "VendorRef": {"value": "4"},
        "PrivateNote": "seen",
    }
    after = company.post("bill", body)["Bill"]

    assert (taxes(after)[0], after["PrivateNote"]) == (12.99, "seen")


def test_tax_paid_to_the_agency_has_its_numbers_in_quotes(company: Any) -> None:
    rows = company.send("GET", "query?query=select * from TaxPayment").json()["QueryResponse"]["TaxPayment"]

    assert [(row["PaymentAmount"], row["Refund"], row["PaymentAccountRef"]) for row in rows] == [
        ("20.00", "false", {"value": "3", "name": "Chequing"})
    ]


def test_where_no_sales_tax_is_used_none_is_kept(client: Any) -> None:
    client.move("currencies")
    line = {**sold(100, "TAX"), "DetailType": "SalesItemLineDetail"}

    made = sale(client, line, TxnTaxDetail={"TotalTax": 9, "TxnTaxCodeRef": {"value": "TAX"}})

    assert (made["TxnTaxDetail"], made["TotalAmt"]) == ({"TotalTax": 0}, 100)


@pytest.mark.parametrize("name", ["Bill", "Purchase", "PurchaseOrder"])
def test_a_purchase_in_the_united_states_keeps_no_tax(client: Any, name: str) -> None:
    before = client.body(name)["Line"]

    made = client.make(name, TxnTaxDetail={"TotalTax": 9})

    assert ("TxnTaxDetail" in made, made["TotalAmt"]) == (False, sum(line["Amount"] for line in before))
    assert client.sandbox.look("ledger")["unbalanced"] == []
