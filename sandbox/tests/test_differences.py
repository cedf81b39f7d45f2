"""What settling foreign documents gains and loses, in the moves of the ledger, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

EUR = {"value": "EUR", "name": "Euro"}
TODAY = "2026-01-15"


@pytest.fixture
def company(client: Any) -> Any:
    """A client of the company with three currencies."""
    client.move("currencies")
    return client


def sale(*amounts: float) -> list[Any]:
    """Lines of one piece each."""
    return [
        {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "UnitPrice": amount, "Qty": 1},
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


def payment(client: Any, rate: float, total: float, *links: tuple[str, float], **more: Any) -> Any:
    """A new payment of the customer in euros, into the euro account."""
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": id, "TxnType": "Invoice"}]} for id, amount in links]
    body = {
        "CustomerRef": {"value": "2"},
        "TxnDate": TODAY,
        "CurrencyRef": {"value": "EUR"},
        "ExchangeRate": rate,
        "DepositToAccountRef": {"value": "16"},
        "TotalAmt": total,
        "Line": lines,
        **more,
    }
    return client.post("payment", body)["Payment"]


def shown(document: Any, *keys: str) -> list[Any]:
    return [document.get(key) for key in keys]


def test_a_payment_at_a_higher_rate_gains(company: Any) -> None:
    made = invoice(company, 1.1, 100)
    before = company.ledger()

    payment(company, 1.2, 100, (made["Id"], 100))

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R) - EUR": "-110.00",
        "Euro Account": "120.00",
        "Exchange Gain or Loss": "-10.00",
    }
    assert shown(company.read("Invoice", made["Id"]), "Balance", "HomeBalance") == [0, 0]


def test_a_payment_into_an_account_at_home_brings_dollars(company: Any) -> None:
    made = invoice(company, 1.2, 100)
    before, euros = company.ledger(), company.read("Account", "16")["CurrentBalance"]

    payment(company, 1.1, 100, (made["Id"], 100), DepositToAccountRef={"value": "4"})

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R) - EUR": "-120.00",
        "Checking": "110.00",
        "Exchange Gain or Loss": "10.00",
    }
    assert company.read("Account", "16")["CurrentBalance"] == euros


def test_what_a_payment_leaves_unapplied_is_carried_at_its_own_rate(company: Any) -> None:
    made = invoice(company, 1.1, 100)
    before = company.ledger()

    paid = payment(company, 1.2, 150, (made["Id"], 100))

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R) - EUR": "-170.00",
        "Euro Account": "180.00",
        "Exchange Gain or Loss": "-10.00",
    }
    assert paid["UnappliedAmt"] == 50


def test_parts_of_an_invoice_leave_no_cent_on_receivables(company: Any) -> None:
    before = company.ledger()
    made = invoice(company, 1.0333, 33.33)

    for part in (11.11, 11.11, 11.11):
        payment(company, 1.0777, part, (made["Id"], part))

    after = company.moved_since(before)
    assert "Accounts Receivable (A/R) - EUR" not in after
    assert after == {"Euro Account": "35.91", "Exchange Gain or Loss": "-1.47", "Services": "-34.44"}


def test_the_others_follow_when_one_of_several_payments_goes(company: Any) -> None:
    made = invoice(company, 1.0333, 33.33)
    first, second, third = (payment(company, 1.0777, 11.11, (made["Id"], 11.11)) for _ in range(3))
    before = company.ledger()

    company.post("payment?operation=delete", {"Id": second["Id"], "SyncToken": second["SyncToken"]})
    payment(company, 1.0333, 11.11, (made["Id"], 11.11))

    assert "Accounts Receivable (A/R) - EUR" not in company.moved_since(before)
    assert company.moved_since(before) == {"Euro Account": "-0.49", "Exchange Gain or Loss": "0.49"}
    assert first["Id"] != third["Id"]


def test_a_new_rate_of_a_paid_invoice_changes_what_its_payment_has_gained(company: Any) -> None:
    made = invoice(company, 1.1, 100)
    payment(company, 1.2, 100, (made["Id"], 100))
    before, now = company.ledger(), company.read("Invoice", made["Id"])

    company.post(
        "invoice", {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True, "ExchangeRate": 1.15}
    )

    assert company.moved_since(before) == {"Exchange Gain or Loss": "5.00", "Services": "-5.00"}


def test_a_credit_is_taken_at_its_own_rate(company: Any) -> None:
    made = invoice(company, 1.1, 100)
    body = {"CustomerRef": {"value": "2"}, "TxnDate": TODAY, "ExchangeRate": 1.3, "Line": sale(40)}
    credit = company.post("creditmemo", body)["CreditMemo"]
    before = company.ledger()

    lines = [
        {"Amount": 100, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]},
        {"Amount": 40, "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]},
    ]
    payment(company, 1.2, 60, Line=lines)

    assert company.moved_since(before) == {
        "Accounts Receivable (A/R) - EUR": "-58.00",
        "Euro Account": "72.00",
        "Exchange Gain or Loss": "-14.00",
    }
    assert company.read("CreditMemo", credit["Id"])["HomeBalance"] == 0


def test_a_bill_paid_at_a_higher_rate_loses(company: Any) -> None:
    line = {
        "Amount": 200,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "9"}},
    }
    body = {"VendorRef": {"value": "6"}, "TxnDate": TODAY, "ExchangeRate": 1.1, "Line": [line]}
    bill = company.post("bill", body)["Bill"]
    before = company.ledger()

    company.post(
        "billpayment",
        {
            "VendorRef": {"value": "6"},
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": {"value": "16"}},
            "CurrencyRef": {"value": "EUR"},
            "ExchangeRate": 1.15,
            "TotalAmt": 200,
            "TxnDate": TODAY,
            "Line": [{"Amount": 200, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}],
        },
    )

    assert shown(bill, "CurrencyRef", "ExchangeRate", "TotalAmt", "Balance", "HomeBalance") == [
        EUR,
        1.1,
        200,
        200,
        220,
    ]
    assert bill["APAccountRef"] == {"value": "19", "name": "Accounts Payable (A/P) - EUR"}
    assert company.moved_since(before) == {
        "Accounts Payable (A/P) - EUR": "220.00",
        "Euro Account": "-230.00",
        "Exchange Gain or Loss": "10.00",
    }


def test_a_voided_payment_takes_its_gain_with_it(company: Any) -> None:
    made = invoice(company, 1.1, 100)
    before = company.ledger()
    paid = payment(company, 1.2, 100, (made["Id"], 100))

    company.post(
        "payment?operation=update&include=void",
        {"Id": paid["Id"], "SyncToken": paid["SyncToken"], "sparse": True},
    )

    assert company.moved_since(before) == {}
    assert shown(company.read("Invoice", made["Id"]), "Balance", "HomeBalance") == [100, 110]


@pytest.mark.parametrize(("account", "name"), [("16", "Euro Account"), ("4", "Checking")])
def test_money_that_waited_is_deposited_at_another_rate(company: Any, account: str, name: str) -> None:
    made = invoice(company, 1.1, 100)
    paid = payment(company, 1.2, 100, (made["Id"], 100), DepositToAccountRef={"value": "3"})
    before = company.ledger()

    linked = [{"TxnId": paid["Id"], "TxnType": "Payment", "TxnLineId": "0"}]
    body = {"DepositToAccountRef": {"value": account}, "ExchangeRate": 1.25, "TxnDate": TODAY}
    deposit = company.post("deposit", {**body, "Line": [{"Amount": 100, "LinkedTxn": linked}]})["Deposit"]

    assert shown(deposit, "CurrencyRef", "TotalAmt", "HomeTotalAmt") == [EUR, 100, 125]
    assert company.moved_since(before) == {
        "Exchange Gain or Loss": "-5.00",
        "Undeposited Funds": "-120.00",
        name: "125.00",
    }
