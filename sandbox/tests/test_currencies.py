"""The company with three currencies, over HTTP: whole documents, balances, rates, and the moves of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

EUR, GBP, USD = (
    {"value": "EUR", "name": "Euro"},
    {"value": "GBP", "name": "British Pound Sterling"},
    {"value": "USD", "name": "United States Dollar"},
)
TODAY = "2026-01-15"


@pytest.fixture
def company(client: Any) -> Any:
    """A client of the company with three currencies."""
    client.move("currencies")
    return client


def sale(*amounts: float, item: str = "1") -> list[Any]:
    """Lines of one piece each."""
    return [
        {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}, "UnitPrice": amount, "Qty": 1},
        }
        for amount in amounts
    ]


def invoice(client: Any, rate: float, *amounts: float, **more: Any) -> Any:
    """A new invoice of the customer in euros."""
    body = {
        "CustomerRef": {"value": "2"},
        "TxnDate": TODAY,
        "ExchangeRate": rate,
        "Line": sale(*amounts),
        **more,
    }
    return client.post("invoice", body)["Invoice"]


def shown(document: Any, *keys: str) -> list[Any]:
    return [document.get(key) for key in keys]


def test_the_company_says_where_it_is_at_home(company: Any) -> None:
    preferences = company.send("GET", "preferences").json()["Preferences"]
    info = company.send("GET", f"companyinfo/{company.realm_id}").json()["CompanyInfo"]

    assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}
    assert (company.realm_id, info["Country"], info["CompanyName"]) == (
        "9341453380016232",
        "US",
        "Harbor & Quill Translations",
    )


def test_each_company_answers_under_its_own_realm_id_only(company: Any) -> None:
    company.realm_id = "9341453172058475"

    assert company.send("GET", "preferences").status_code == 403


def test_the_books_of_the_seeds_come_out_to_the_cent(company: Any) -> None:
    assert {name: f"{amount:.2f}" for name, amount in company.ledger().items() if amount} == {
        "Accounts Payable (A/P)": "-118.20",
        "Accounts Payable (A/P) - GBP": "-381.57",
        "Accounts Receivable (A/R)": "640.00",
        "Accounts Receivable (A/R) - EUR": "201.34",
        "Accounts Receivable (A/R) - GBP": "123.53",
        "Bank Charges": "25.90",
        "Checking": "8314.80",
        "Cost of Goods Sold": "12.30",
        "Euro Account": "6431.04",
        "Exchange Gain or Loss": "-8.70",
        "Inventory Asset": "233.70",
        "Office Expenses": "175.56",
        "Opening Balance Equity": "-246.00",
        "Partner Contributions": "-16492.00",
        "Sales of Product Income": "-38.64",
        "Services": "-3217.52",
        "Sterling Account": "3307.03",
        "Subcontractors": "1037.43",
    }


def test_names_and_accounts_are_balanced_in_their_own_currency(company: Any) -> None:
    names = [(kind, id) for kind, ids in (("Customer", "1234"), ("Vendor", "567")) for id in ids]
    accounts = ("7", "16", "17", "18", "19", "20", "21")

    people = {(d := company.read(*name))["DisplayName"]: shown(d, "CurrencyRef", "Balance") for name in names}
    kept = {
        (d := company.read("Account", id))["Name"]: shown(d, "CurrencyRef", "CurrentBalance")
        for id in accounts
    }

    assert people == {
        "Northfield Press": [USD, 640],
        "Verlag Sonnenberg": [EUR, 140],
        "Librairie Morin": [EUR, 44.74],
        "Thistle Maps": [GBP, 97],
        "Oakland Print House": [USD, 118.2],
        "Lektorat Weiss": [EUR, 0],
        "Camden Proofreaders": [GBP, 300],
    }
    assert kept == {
        "Accounts Receivable (A/R)": [USD, 640],
        "Euro Account": [EUR, 5987.67],
        "Sterling Account": [GBP, 2634.95],
        "Accounts Receivable (A/R) - EUR": [EUR, 184.74],
        "Accounts Payable (A/P) - EUR": [EUR, 0],
        "Accounts Receivable (A/R) - GBP": [GBP, 97],
        "Accounts Payable (A/P) - GBP": [GBP, -300],
    }


def test_balances_are_at_home_where_the_switch_says_so(company: Any) -> None:
    company.sandbox.control(
        "switches", balance_of_a_foreign_name="home_currency", balance_of_a_foreign_account="home_currency"
    )

    invoice(company, 1.2, 10)

    assert company.read("Customer", "2")["Balance"] == 164.07
    assert company.read("Account", "18")["CurrentBalance"] == 213.34


def test_a_foreign_invoice_is_whole(company: Any) -> None:
    made = invoice(company, 1.2345, 10.01, 20.02, DocNumber="A-1")

    for key in ("Id", "MetaData"):
        del made[key]
    detail = {"ItemRef": {"value": "1", "name": "Translation"}, "Qty": 1, "TaxCodeRef": {"value": "NON"}}
    assert made == {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
        "domain": "QBO",
        "sparse": False,
        "SyncToken": "0",
        "DocNumber": "A-1",
        "TxnDate": TODAY,
        "CurrencyRef": EUR,
        "ExchangeRate": 1.2345,
        "LinkedTxn": [],
        "Line": [
            {
                "Id": str(place),
                "LineNum": place,
                "Amount": amount,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {**detail, "UnitPrice": amount},
            }
            for place, amount in enumerate((10.01, 20.02), 1)
        ]
        + [{"Amount": 30.03, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
        "TxnTaxDetail": {"TotalTax": 0},
        "CustomerRef": {"value": "2", "name": "Verlag Sonnenberg"},
        "DueDate": "2026-02-14",
        "TotalAmt": 30.03,
        "HomeTotalAmt": 37.07,
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
        "Balance": 30.03,
        "HomeBalance": 37.07,
    }


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("largest_line", {"Accounts Receivable (A/R) - EUR": "30.03", "Services": "-30.03"}),
        (
            "exchange_difference",
            {
                "Accounts Receivable (A/R) - EUR": "30.03",
                "Services": "-30.04",
                "Exchange Gain or Loss": "0.01",
            },
        ),
    ],
)
def test_what_rounding_each_line_leaves_over_stays_in_the_books(
    company: Any, where: str, expected: Any
) -> None:
    company.sandbox.control("switches", rest_of_conversion=where)
    before = company.ledger()

    invoice(company, 1.5, 10.01, 10.01)  # twice 15.015, together 30.03

    assert company.moved_since(before) == expected


def test_a_document_at_home_has_rate_one_whatever_was_sent(company: Any) -> None:
    made = invoice(company, 7, 50, CustomerRef={"value": "1"})

    assert shown(made, "CurrencyRef", "ExchangeRate", "HomeTotalAmt", "HomeBalance") == [USD, 1, 50, 50]


def test_where_there_is_one_currency_documents_know_nothing_of_rates(client: Any) -> None:
    made = client.make("Invoice", ExchangeRate=2)

    assert {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & made.keys() == set()
    assert made["CurrencyRef"] == USD


def test_stock_goes_at_its_cost_at_home(company: Any) -> None:
    before = company.ledger()

    invoice(company, 1.1, TxnDate=date.today().isoformat(), Line=sale(15, item="3"))

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R) - EUR": "16.50",
        "Cost of Goods Sold": "6.15",
        "Inventory Asset": "-6.15",
        "Sales of Product Income": "-16.50",
    }


def test_a_journal_entry_between_a_foreign_account_and_one_at_home(company: Any) -> None:
    before, euros = company.ledger(), company.read("Account", "16")["CurrentBalance"]
    lines = [
        {
            "Amount": 10,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in (("Debit", "13"), ("Credit", "16"))
    ]

    body = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.15, "TxnDate": TODAY, "Line": lines}
    made = company.post("journalentry", body)["JournalEntry"]

    assert shown(made, "CurrencyRef", "ExchangeRate", "TotalAmt", "HomeTotalAmt") == [EUR, 1.15, None, None]
    assert company.moved_since(before) == {"Bank Charges": "11.50", "Euro Account": "-11.50"}
    assert company.read("Account", "16")["CurrentBalance"] == round(euros - 10, 2)


def test_a_new_currency_gets_its_entry_and_its_accounts(company: Any) -> None:
    customer = company.post("customer", {"DisplayName": "Basler Bote", "CurrencyRef": {"value": "CHF"}})[
        "Customer"
    ]
    listed = company.send("GET", "query?query=select * from CompanyCurrency where Active = true").json()

    made = invoice(company, 1.25, 80, CustomerRef={"value": customer["Id"]})

    chf = {"value": "CHF", "name": "Swiss Franc"}
    codes = [row["Code"] for row in listed["QueryResponse"]["CompanyCurrency"]]
    assert (customer["CurrencyRef"], made["CurrencyRef"], sorted(codes)) == (chf, chf, ["CHF", "EUR", "GBP"])
    assert company.ledger()["Accounts Receivable (A/R) - CHF"] == 100


def test_a_vendor_made_by_the_api_is_at_home_whatever_was_asked(company: Any) -> None:
    made = company.post("vendor", {"DisplayName": "Haus Lenz", "CurrencyRef": {"value": "EUR"}})["Vendor"]
    company.sandbox.control("switches", currency_of_a_new_vendor="given")
    other = company.post("vendor", {"DisplayName": "Haus Lenz 2", "CurrencyRef": {"value": "EUR"}})["Vendor"]

    assert (made["CurrencyRef"], other["CurrencyRef"]) == (USD, EUR)


@pytest.mark.parametrize("sparse", [True, False])
def test_nobody_changes_the_currency_of_a_name_and_nobody_is_told(company: Any, sparse: bool) -> None:
    now = company.read("Customer", "3")

    after = company.post("customer", {**now, "sparse": sparse, "CurrencyRef": {"value": "GBP"}})["Customer"]

    assert (after["CurrencyRef"], after["SyncToken"]) == (EUR, "1")


@pytest.mark.parametrize(("answer", "rate"), [("one", 1), ("of_the_day", 1.0963)])
def test_a_rate_left_out_is_what_the_switch_says(company: Any, answer: str, rate: float) -> None:
    company.sandbox.control("switches", exchange_rate_left_out=answer)

    made = company.post("invoice", {"CustomerRef": {"value": "2"}, "Line": sale(100)})["Invoice"]

    assert shown(made, "ExchangeRate", "HomeTotalAmt") == [rate, round(100 * rate, 2)]


def test_a_currency_out_of_use_still_works_where_the_switch_says_so(company: Any) -> None:
    company.sandbox.control("switches", currency_out_of_use="accept")
    company.post("companycurrency", {"Id": "1", "SyncToken": "0", "Code": "EUR", "Active": False})

    assert invoice(company, 1.1, 10)["CurrencyRef"] == EUR


def test_an_entry_of_the_currency_list_is_named_by_quickbooks(company: Any) -> None:
    made = company.post("companycurrency", {"Code": "ANG", "Name": "My own"})["CompanyCurrency"]

    del made["MetaData"]
    assert made == {
        "Code": "ANG",
        "Name": "Dutch Guilder",
        "Active": True,
        "domain": "QBO",
        "sparse": False,
        "Id": "3",
        "SyncToken": "0",
    }


def test_a_transfer_between_two_accounts_of_a_currency_goes_at_the_rate_of_the_day(company: Any) -> None:
    account = {"Name": "Euro Savings", "AccountType": "Bank", "CurrencyRef": {"value": "EUR"}}
    savings = company.post("account", account)["Account"]
    before = company.ledger()

    made = company.post(
        "transfer",
        {"FromAccountRef": {"value": "16"}, "ToAccountRef": {"value": savings["Id"]}, "Amount": 100},
    )["Transfer"]

    assert (savings["CurrencyRef"], made["CurrencyRef"]) == (EUR, EUR)
    assert company.moved_since(before) == {"Euro Account": "-109.63", "Euro Savings": "109.63"}
    assert company.read("Account", savings["Id"])["CurrentBalance"] == 100
