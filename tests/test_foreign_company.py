"""The company with three currencies through `meltano run`: rates, currencies and foreign balances in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from quickbooks_demo.testing import Filled

pytestmark = pytest.mark.xdist_group("foreign company")

COMPANY = "currencies"  # what the fixture `filled` loads


@pytest.fixture(scope="module")
def client(filled: Filled) -> Iterator[psycopg.Connection]:
    """Someone who reads."""
    with psycopg.connect(filled.database.login("quickbooks_reader").url, autocommit=True) as connection:
        yield connection


def rows(client: psycopg.Connection, query: str) -> list[Any]:
    return client.execute(query).fetchall()


def test_rates_and_currencies_are_there(client: psycopg.Connection) -> None:
    rates = rows(
        client,
        "select source_currency_code, target_currency_code, count(*), max(rate)::text"
        " from exchange_rate group by 1, 2 order by 1",
    )
    currencies = rows(client, "select id, code, name, active from company_currency order by code")

    assert rates == [("EUR", "USD", 7, "1.0963"), ("GBP", "USD", 7, "1.2802")]
    assert currencies == [
        ("qbk_ccy1", "EUR", "Euro", True),
        ("qbk_ccy2", "GBP", "British Pound Sterling", True),
    ]


def test_the_newest_rate_has_its_own_id(client: psycopg.Connection) -> None:
    (found,) = rows(
        client,
        "select id = 'qbk_xrate' || source_currency_code || '-' || target_currency_code || '-' || as_of_date,"
        " rate::text from exchange_rate where source_currency_code = 'EUR' order by as_of_date desc limit 1",
    )

    assert found == (True, "1.0963")


def test_balances_are_in_each_ones_own_currency(client: psycopg.Connection) -> None:
    query = (
        "select display_name, currency_code, balance::text from customer"
        " union all select display_name, currency_code, balance::text from vendor order by 1"
    )

    assert rows(client, query) == [
        ("Camden Proofreaders", "GBP", "300.00"),
        ("Lektorat Weiss", "EUR", "0.00"),
        ("Librairie Morin", "EUR", "44.74"),
        ("Northfield Press", "USD", "640.00"),
        ("Oakland Print House", "USD", "118.20"),
        ("Thistle Maps", "GBP", "97.00"),
        ("Verlag Sonnenberg", "EUR", "140.00"),
    ]


def test_documents_have_their_amounts_in_both_currencies(client: psycopg.Connection) -> None:
    query = (
        "select id, currency_code, exchange_rate::text, total_amt::text, home_total_amt::text, balance::text,"
        " home_balance::text from invoice order by created_at"
    )

    assert rows(client, query) == [
        ("qbk_inv10", "EUR", "1.0805", "1200.00", "1296.60", "0.00", "0.00"),
        ("qbk_inv11", "EUR", "1.0947", "779.25", "853.04", "79.24", "86.74"),
        ("qbk_inv12", "GBP", "1.2735", "97.00", "123.53", "97.00", "123.53"),
        ("qbk_inv13", "USD", "1.0", "640.00", "640.00", "640.00", "640.00"),
        ("qbk_inv14", "EUR", "1.086214", "140.00", "152.07", "140.00", "152.07"),
    ]


def test_open_invoices_less_credits_are_what_customers_owe_in_each_currency(
    client: psycopg.Connection,
) -> None:
    query = (
        "select currency_code, sum(amount)::text from ("
        " select currency_code, balance as amount from invoice"
        " union all select currency_code, -remaining_credit from credit_memo) as open group by 1 order by 1"
    )
    owed = "select currency_code, sum(balance)::text from customer group by 1 order by 1"

    assert (
        rows(client, query) == rows(client, owed) == [("EUR", "184.74"), ("GBP", "97.00"), ("USD", "640.00")]
    )
