"""The demo company through `meltano run`, as a newcomer finds it in the database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.testing import Filled

pytestmark = pytest.mark.xdist_group("demo company")

# Named with their reasons in seeds/README.md; the test below holds the two lists together.
EMPTY = {"company_currency", "exchange_rate", "journal_code", "tax_payment"}


@pytest.fixture(scope="module")
def client(filled: Filled) -> Iterator[psycopg.Connection]:
    """An ordinary client, as `ready:` logs in."""
    with psycopg.connect(filled.database.login("quickbooks_writer").url, autocommit=True) as connection:
        yield connection


def one(client: psycopg.Connection, query: str) -> Any:
    row = client.execute(query).fetchone()
    assert row
    return row[0] if len(row) == 1 else row


def test_every_readable_object_has_rows_but_for_those_named_with_a_reason(
    client: psycopg.Connection, request: pytest.FixtureRequest
) -> None:
    empty = {
        entity.table
        for entity in MIRRORED
        if not one(
            client, sql.SQL("select count(*) from {}").format(sql.Identifier(entity.table)).as_string()
        )
    }

    reasons = Path(request.config.rootpath, "seeds", "README.md").read_text().split("Empty on purpose:")[1]
    assert empty == EMPTY
    assert len(EMPTY) <= 8
    assert all(f"| {table} |" in reasons for table in empty)


def test_the_customer_of_the_readme_is_there(client: psycopg.Connection) -> None:
    row = one(
        client,
        "select id, display_name, company_name, email, phone, balance::text, created_at < updated_at"
        " from customer where company_name = 'Cool Cars'",
    )

    email = "Cool_Cars@intuit.com"
    assert row == ("qbk_cust3", "Cool Cars", "Cool Cars", email, "(415) 555-9933", "0.00", True)


def test_the_recorded_balances_come_out_to_the_cent(client: psycopg.Connection) -> None:
    def balance(name: str) -> str:
        return str(one(client, f"select current_balance::text from account where name = '{name}'"))

    assert one(client, "select count(*) from customer") == 29
    assert one(client, "select count(*) from vendor") == 26
    assert one(client, "select sum(balance)::text from invoice") == "5281.52"
    assert one(client, "select sum(balance)::text from customer") == "5281.52"
    assert one(client, "select sum(balance)::text from bill") == "1602.67"
    assert one(client, "select sum(balance)::text from vendor") == "1602.67"
    assert {name: balance(name) for name in RECORDED} == RECORDED


RECORDED = {
    "Accounts Payable (A/P)": "-1602.67",
    "Accounts Receivable (A/R)": "5281.52",
    "Arizona Dept. of Revenue Payable": "0.00",
    "Board of Equalization Payable": "-370.94",
    "Checking": "1201.00",
    "Inventory Asset": "596.25",
    "Loan Payable": "-4000.00",
    "Mastercard": "-157.72",
    "Notes Payable": "-25000.00",
    "Opening Balance Equity": "9337.50",
    "Original Cost": "13495.00",
    "Savings": "800.00",
    "Undeposited Funds": "2062.52",
}


def test_total_assets_and_net_income_are_those_of_the_recorded_reports(filled: Filled) -> None:
    ledger = {row["id"]: Decimal(str(row["balance"])) for row in filled.sandbox.look("ledger")["accounts"]}
    with psycopg.connect(filled.database.superuser.url) as admin:
        kinds = dict(admin.execute("select substr(id, 9), classification from account").fetchall())

    def total(*wanted: str) -> Decimal:
        return sum((amount for id, amount in ledger.items() if kinds[id] in wanted), Decimal(0))

    assert total("Asset") == Decimal("23436.29")
    assert -total("Revenue", "Expense") == Decimal("1642.46")
    assert (filled.sandbox.look("ledger")["sum"], filled.sandbox.look("ledger")["unbalanced"]) == (0, [])


def test_references_join(client: psycopg.Connection) -> None:
    joined = "select count(*) from invoice join customer on customer.id = invoice.customer_id"
    lines = (
        "select count(*), sum(l.amount)::text from invoice_line as l join item on item.id = l.item_id"
        " join invoice on invoice.id = l.invoice_id"
    )

    assert one(client, joined) == one(client, "select count(*) from invoice") == 31
    assert one(client, lines)[0] > 31


def test_json_keeps_the_scale_of_numbers_and_is_null_where_there_is_nothing(
    client: psycopg.Connection,
) -> None:
    line = one(client, "select line::text from invoice where doc_number = '1033'")

    assert '"Amount": 262.50' in line
    assert '"UnitPrice": 75' in line
    assert one(client, "select count(*) from customer where extra = 'null'") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update customer set display_name = 'x' where id = 'qbk_cust1'",
        "insert into customer (id, display_name) values ('qbk_cust999', 'x')",
        "delete from invoice",
    ],
)
def test_a_write_is_refused_by_the_fence(client: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="did not go through QuickBooks"):
        client.execute(statement)


def test_a_second_run_writes_nothing(filled: Filled, client: psycopg.Connection) -> None:
    query = (
        "select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_all_tables"
        " where schemaname = 'public' and relname not like '\\_sync\\_%' order by relname"
    )
    with psycopg.connect(filled.database.superuser.url, autocommit=True) as admin:
        # What other tests of this client have tried and not committed counts too: before, not after.
        client.execute("select pg_stat_force_next_flush()")
        admin.execute("select pg_stat_force_next_flush()")
        before = admin.execute(query).fetchall()

        code, words = filled.pipeline.run("run", "sync")

        admin.execute("select pg_stat_force_next_flush()")
        assert code == 0, words
        assert admin.execute(query).fetchall() == before
        assert one(admin, "select count(*) from _sync_run where status = 'finished'") == 2
