"""Random histories in three currencies: receivables at home are, to the cent, what is open at the documents' rates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest

STEPS = 40
CURRENCIES = {"2": "EUR", "3": "EUR", "4": "GBP"}
BANKS = {"EUR": ("16", "4", "3"), "GBP": ("17", "4", "3")}  # its own account, one at home, undeposited funds


class History:
    """What somebody does, drawn from a seed; refusals are part of it."""

    def __init__(self, client: Any, seed: int) -> None:
        self.client = client
        self.random = Random(seed)
        self.done = 0

    def step(self) -> None:
        """One of the things people do."""
        actions: list[Callable[[], None]] = [
            self.sell, self.sell, self.credit, self.pay, self.pay, self.pay, self.change_a_rate, self.void, self.delete,
        ]  # fmt: skip
        self.random.choice(actions)()

    def sell(self) -> None:
        self._sale("invoice")

    def credit(self) -> None:
        self._sale("creditmemo")

    def _sale(self, resource: str) -> None:
        detail = {"ItemRef": {"value": self.random.choice("12")}}
        amounts = [self._amount() for _ in range(self.random.randint(1, 3))]
        lines = [
            {"Amount": a, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail} for a in amounts
        ]
        customer = {"value": self.random.choice("234")}
        self._send(resource, {"CustomerRef": customer, "ExchangeRate": self._rate(), "Line": lines})

    def pay(self) -> None:
        """Some of a customer's invoices, in part or in full, with credits and with money to spare."""
        customer = self.random.choice("234")
        owed = [self._part(row, "Invoice", row["Balance"]) for row in self._of(customer, "Invoice")]
        used = [
            self._part(row, "CreditMemo", row["RemainingCredit"]) for row in self._of(customer, "CreditMemo")
        ]
        total = sum(line["Amount"] for line in owed) - sum(line["Amount"] for line in used)
        spare = self.random.choice((0, 0, 5.55))
        body = {
            "CustomerRef": {"value": customer},
            "CurrencyRef": {"value": CURRENCIES[customer]},
            "ExchangeRate": self._rate(),
            "DepositToAccountRef": {"value": self.random.choice(BANKS[CURRENCIES[customer]])},
            "TotalAmt": round(total + spare, 2),
            "Line": [*owed, *used],
        }
        self._send("payment", body)

    def change_a_rate(self) -> None:
        self._act("Invoice", "invoice", ExchangeRate=self._rate(), sparse=True)

    def void(self) -> None:
        self._act("Payment", "payment?operation=update&include=void", sparse=True)

    def delete(self) -> None:
        self._act("Payment", "payment?operation=delete")

    def _act(self, kind: str, path: str, **more: Any) -> None:
        if rows := rows_of(self.client, kind):
            row = self.random.choice(rows)
            self._send(path, {"Id": row["Id"], "SyncToken": row["SyncToken"], **more})

    def _of(self, customer: str, kind: str) -> list[Any]:
        rows = [row for row in rows_of(self.client, kind) if row["CustomerRef"]["value"] == customer]
        open_rows = [row for row in rows if row["Balance"] > 0]
        return self.random.sample(open_rows, min(len(open_rows), self.random.randint(0, 2)))

    def _part(self, row: Any, kind: str, most: float) -> Any:
        amount = most if self.random.random() < 0.6 else max(round(most * self.random.random(), 2), 0.01)
        return {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}

    def _send(self, path: str, body: Any) -> None:
        answer = self.client.send("POST", path, body)
        assert answer.status_code in (200, 400), answer.text
        self.done += answer.status_code == 200

    def _amount(self) -> float:
        return round(self.random.uniform(0.01, 50), 2)

    def _rate(self) -> float:
        return round(self.random.uniform(0.5, 2), 6)


def rows_of(client: Any, kind: str) -> list[Any]:
    rows = client.send("GET", f"query?query=select * from {kind} orderby Id maxresults 1000").json()
    return list(rows["QueryResponse"].get(kind, ()))


def at_home(row: Any, amount: Any) -> Decimal:
    """An amount of a document at its rate, to the cent."""
    exact = Decimal(str(amount)) * Decimal(str(row["ExchangeRate"]))
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def carried(row: Any, open_amount: Any) -> Decimal:
    """What is left at home of a document that has been settled in parts."""
    settled = Decimal(str(row["TotalAmt"])) - Decimal(str(open_amount))
    return at_home(row, row["TotalAmt"]) - at_home(row, settled)


@pytest.mark.parametrize("seed", range(3))
def test_receivables_are_what_is_open_in_both_currencies(client: Any, seed: int) -> None:
    client.move("currencies")
    history = History(client, seed)

    for _ in range(STEPS):
        history.step()

    own, home = dict.fromkeys(("EUR", "GBP"), Decimal(0)), dict.fromkeys(("EUR", "GBP"), Decimal(0))
    for kind, key, sign in (("Invoice", "Balance", 1), ("CreditMemo", "RemainingCredit", -1)):
        for row in rows_of(client, kind):
            if (code := row["CurrencyRef"]["value"]) in own:
                own[code] += sign * Decimal(str(row[key]))
                home[code] += sign * carried(row, row[key])
    for row in rows_of(client, "Payment"):
        own[row["CurrencyRef"]["value"]] -= Decimal(str(row["UnappliedAmt"]))
        home[row["CurrencyRef"]["value"]] -= at_home(row, row["UnappliedAmt"])
    ledger = client.ledger()
    kept = {code: client.read("Account", id)["CurrentBalance"] for code, id in (("EUR", "18"), ("GBP", "20"))}
    assert {code: ledger[f"Accounts Receivable (A/R) - {code}"] for code in home} == home
    assert {code: Decimal(str(amount)) for code, amount in kept.items()} == own
    assert history.done > STEPS / 2
