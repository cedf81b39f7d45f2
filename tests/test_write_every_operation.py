"""What ends a row, for every object that can end, and what a client is told when QuickBooks refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Deletion, Entity, by_name
from quickbooks_core.errors import NotFound, QuickBooksError, Stale
from quickbooks_core.mapping import Row
from quickbooks_core.writing import (
    Action,
    Change,
    can,
    conflicts,
    document_in,
    encoded,
    plan,
    reading,
    worded,
)
from quickbooks_demo.sandbox import Sandbox
from writes import Company
from writes.cases import company_of, row_of

ENDING = [entity for entity in MIRRORED if can(entity, Action.DELETE)]
VOIDED = [entity for entity in MIRRORED if can(entity, Action.VOID)]


@pytest.fixture
def books(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Company:
    """The company that an object takes; the demo company where a test is of none."""
    entity = request.node.callspec.params.get("entity") if hasattr(request.node, "callspec") else None
    return Company(sandbox, tmp_path, company_of(entity) if entity else "demo")


def new(books: Company, entity: Entity, **values: Any) -> Row:
    return books.create(entity, row_of(entity, books.name, values)).read


def failing(books: Company, change: Change) -> QuickBooksError:
    with pytest.raises(QuickBooksError) as failed:
        books.write(change)
    return failed.value


@pytest.mark.parametrize("with_base", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("entity", ENDING, ids=lambda entity: entity.name)
def test_a_row_is_deleted_or_made_inactive(books: Company, entity: Entity, with_base: bool) -> None:
    row = new(books, entity)
    change = Change(entity, Action.DELETE, {}, row["id"], row if with_base else None)

    answer = books.send(plan(change))

    if entity.deletion is Deletion.DEACTIVATE:
        assert books.read(entity, row["id"])["active"] is False
        return
    assert entity.name == "Budget" or answer[entity.key]["status"] == "Deleted"
    with pytest.raises(NotFound):
        books.ask(reading(entity, row["id"]))


@pytest.mark.parametrize("entity", VOIDED, ids=lambda entity: entity.name)
def test_a_transaction_is_voided(books: Company, entity: Entity) -> None:
    row = new(books, entity)

    books.send(plan(Change(entity, Action.VOID, {}, row["id"], row)))

    after = books.read(entity, row["id"])
    assert (after["total_amt"], after["private_note"]) == (0, "Voided")


def test_a_row_that_is_not_there_is_not_found(books: Company) -> None:
    change = Change(
        by_name("Customer"), Action.UPDATE, {"notes": "x"}, "qbk_cust1234567", {"sync_token": "0"}
    )

    told = worded(failing(books, change), change)

    assert (told.sqlstate, told.message) == ("P0002", "[QuickBooks] Customer `qbk_cust1234567` not found")


@pytest.mark.parametrize(
    ("name", "values", "state", "column"),
    [
        ("Customer", {"display_name": "Cool Cars"}, "23505", ""),
        ("Invoice", {"doc_number": "1037"}, "23505", ""),
        ("Invoice", {"customer_id": "qbk_cust9999"}, "23503", ""),
        ("Bill", {"line": [{"Amount": 1}]}, "23502", "line"),
        ("Customer", {"email": "nobody"}, "22023", "email"),
        ("Payment", {"total_amt": 1}, "23514", ""),
        ("Term", {"due_days": 1000}, "22023", "due_days"),
    ],
)
def test_a_refusal_of_quickbooks_has_an_sqlstate_and_the_column_it_names(
    books: Company, name: str, values: Any, state: str, column: str
) -> None:
    entity = by_name(name)
    change = Change(entity, Action.CREATE, row_of(entity, "demo", values))

    told = worded(failing(books, change), change)

    assert (told.sqlstate, told.column) == (state, column), told
    assert told.message.startswith(f"[QuickBooks] {name}")
    assert "intuit_tid" in told.detail


def test_a_stale_update_goes_on_from_the_fresh_document_where_nobody_changed_the_same(books: Company) -> None:
    entity = by_name("Invoice")
    row = new(books, entity, private_note="before")
    mine = Change(entity, Action.UPDATE, {"private_note": "mine"}, row["id"], row)
    books.write(Change(entity, Action.UPDATE, {"customer_memo": "theirs"}, row["id"], row))
    made = plan(mine)

    with pytest.raises(Stale) as stale:
        books.ask(made.call, encoded(made.body()))
    fresh = document_in(entity, books.ask(reading(entity, row["id"])))
    assert fresh is not None
    clashes = conflicts(mine, fresh)
    books.ask(made.call, encoded(made.body(fresh)))

    assert (worded(stale.value, mine).sqlstate, clashes) == ("40001", ())
    after = books.read(entity, row["id"])
    assert (after["private_note"], after["customer_memo"]) == ("mine", "theirs")


def test_a_part_of_an_address_changes_without_the_rest(books: Company) -> None:
    entity = by_name("Customer")
    row = new(books, entity, bill_addr_line2="Second floor")

    after = books.write(Change(entity, Action.UPDATE, {"bill_addr_city": "Berlin"}, row["id"], row)).read

    address = {column: value for column, value in after.items() if column.startswith("bill_addr_")}
    assert address == {
        "bill_addr_line1": "1 Road",
        "bill_addr_line2": "Second floor",
        "bill_addr_city": "Berlin",
    }


def test_a_payment_without_its_lines_is_unapplied(books: Company) -> None:
    entity = by_name("Payment")
    row = new(books, entity)

    after = books.write(Change(entity, Action.UPDATE, {"line": None}, row["id"], row)).read

    assert (after["unapplied_amt"], after.get("line")) == (25, [])


def test_the_tax_service_makes_a_code_with_its_rates(books: Company) -> None:
    entity = by_name("TaxService")
    rates = [{"TaxRateName": "City", "RateValue": 8, "TaxAgencyId": "qbk_tagen1"}]

    answer = books.send(plan(Change(entity, Action.CREATE, {"tax_code": "City", "tax_rate_details": rates})))

    code = books.read(by_name("TaxCode"), f"qbk_tcode{answer['TaxCodeId']}")
    assert (code["name"], document_in(entity, answer)) == ("City", None)
