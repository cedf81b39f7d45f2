"""The checks of the books find what is wrong: each is shown a right company with one thing spoilt."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from history import Company, Runner, findings, operations, read_company
from quickbooks_demo.sandbox import Sandbox

Spoil = Callable[[Company], Company]


@pytest.fixture(scope="module")
def company(sandbox_process: Sandbox) -> Company:
    """The demo company after a short history."""
    sandbox_process.control("reset")
    sandbox_process.control("throttle", on=False)
    runner = Runner(sandbox_process.url)
    for operation in operations(1, 60):
        runner.perform(operation)
    return read_company(runner.session, runner.url, runner.company_url)


def with_field(entity: str, id: str, key: str, value: Any) -> Spoil:
    def spoilt(company: Company) -> Company:
        documents = deepcopy(company.documents)
        documents[entity][id][key] = value
        return replace(company, documents=documents)

    return spoilt


def without(entity: str, id: str) -> Spoil:
    def spoilt(company: Company) -> Company:
        documents = deepcopy(company.documents)
        del documents[entity][id]
        return replace(company, documents=documents)

    return spoilt


def without_a_posting(company: Company) -> Company:
    return replace(company, postings=company.postings[1:])


def with_another_ledger(company: Company) -> Company:
    return replace(company, ledger={**company.ledger, "35": Decimal(1)}, ledger_sum=Decimal(1))


def test_a_right_company_has_no_findings(company: Company) -> None:
    assert findings(company) == []


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        (with_field("Invoice", "130", "Balance", 1), "Invoice 130.Balance is 1, reckoned 362.07"),
        (with_field("Invoice", "130", "TotalAmt", 1), "Invoice 130.TotalAmt is 1, reckoned 362.07"),
        (with_field("Customer", "24", "Balance", 1), "Customer 24.Balance is 1, reckoned 362.07"),
        (
            with_field("Customer", "7", "BalanceWithJobs", 1),
            "Customer 7.BalanceWithJobs is 1, reckoned 562.50",
        ),
        (with_field("Vendor", "31", "Balance", 1), "Vendor 31.Balance is 1, reckoned 241.23"),
        (
            with_field("Account", "36", "CurrentBalance", 1),
            "Account 36 (Savings).CurrentBalance is 1, reckoned 800",
        ),
        (with_field("Item", "5", "QtyOnHand", 99), "Item 5.QtyOnHand is 99, reckoned 2"),
        (with_field("Deposit", "121", "TotalAmt", 1), "Deposit 121.TotalAmt is 1, reckoned 868.15"),
        (with_field("Invoice", "67", "LinkedTxn", []), "Payment 101 links Invoice 67, which does not know"),
        (without("Customer", "24"), "Invoice 130.CustomerRef leads to Customer 24, which is not there"),
        (without("Payment", "101"), "Payment 101 is not there and has postings"),
        (without_a_posting, "the sum of the postings of "),
        (with_another_ledger, "the sum of all accounts is 1, reckoned 0"),
        (with_another_ledger, "the ledger of account 35 is 1, reckoned "),
    ],
)
def test_one_spoilt_thing_is_found(company: Company, spoilt: Spoil, found: str) -> None:
    told = findings(spoilt(company))

    assert [finding for finding in told if finding.startswith(found)], told
