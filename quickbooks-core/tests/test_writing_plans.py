"""Changes of rows become requests: which one, with which body, and what is read before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quickbooks_core.catalog import by_name
from quickbooks_core.writing import (
    Action,
    Call,
    Change,
    ChangeRefused,
    Problem,
    Style,
    apply,
    conflicts,
    document_in,
    encoded,
    not_taken,
    plan,
)

BASE = {"sync_token": "3"}
ADDRESS = {"Id": "5", "Line1": "1 Road", "City": "Town", "Lat": "INVALID"}


def change(name: str, action: Action, values: Any = None, id: str = "", base: Any = None) -> Change:
    return Change(by_name(name), action, values or {}, id, base)


def update(name: str, id: str, values: Any, base: Any = BASE) -> Change:
    return change(name, Action.UPDATE, values, id, base)


def test_a_create_puts_each_column_at_its_place_and_leaves_out_what_is_empty() -> None:
    values = {
        "display_name": "Ann",
        "bill_addr_city": "Berlin",
        "bill_addr_line1": "1 Road",
        "email": "ann@example.com",
        "phone": "555",
        "sales_term_id": "qbk_term3",
        "notes": None,
        "title": "",
        "balance": None,
        "id": None,
    }

    made = plan(change("Customer", Action.CREATE, values))

    assert (made.style, made.call, made.reading) == (Style.CREATE, Call("POST", "customer"), None)
    assert made.body() == {
        "BillAddr": {"Line1": "1 Road", "City": "Berlin"},
        "SalesTermRef": {"value": "3"},
        "DisplayName": "Ann",
        "PrimaryPhone": {"FreeFormNumber": "555"},
        "PrimaryEmailAddr": {"Address": "ann@example.com"},
    }


def test_changed_columns_alone_are_sent_where_intuit_documents_a_sparse_update() -> None:
    made = plan(update("Invoice", "qbk_inv130", {"private_note": "Hello", "customer_id": "qbk_cust58"}))

    assert (made.style, made.needs_document) == (Style.SPARSE, False)
    assert made.call == Call("POST", "invoice")
    assert made.reading == Call("GET", "invoice/130")
    assert made.body() == {
        "Id": "130",
        "SyncToken": "3",
        "sparse": True,
        "PrivateNote": "Hello",
        "CustomerRef": {"value": "58"},
    }


def test_an_update_without_a_known_version_reads_first() -> None:
    made = plan(update("Invoice", "qbk_inv130", {"private_note": "Hello"}, base=None))

    assert made.needs_document
    with pytest.raises(ValueError, match="needs the document"):
        made.body()
    assert made.body({"Id": "130", "SyncToken": "8"}) == {
        "Id": "130",
        "SyncToken": "8",
        "sparse": True,
        "PrivateNote": "Hello",
    }


def test_a_part_of_an_address_goes_with_the_rest_of_the_address_that_is_there() -> None:
    made = plan(update("Customer", "qbk_cust1", {"bill_addr_city": "Berlin"}))

    assert (made.style, made.needs_document) == (Style.SPARSE, True)
    assert made.body({"Id": "1", "SyncToken": "4", "BillAddr": ADDRESS, "Notes": "kept by QuickBooks"}) == {
        "Id": "1",
        "SyncToken": "4",
        "sparse": True,
        "BillAddr": {**ADDRESS, "City": "Berlin"},
    }


@pytest.mark.parametrize(
    ("name", "id", "values"),
    [
        ("Vendor", "qbk_vend56", {"acct_num": "7"}),  # no sparse update is documented
        ("Customer", "qbk_cust1", {"notes": None}),  # a column is cleared
        (
            "Customer",
            "qbk_cust1",
            {"notes": ""},
        ),  # which an empty text is too: QuickBooks reads it as not given
        ("Payment", "qbk_pay1", {"line": []}),
    ],
)
def test_a_full_update_begins_with_a_fresh_document(name: str, id: str, values: Any) -> None:
    made = plan(update(name, id, values))

    assert (made.style, made.needs_document) == (Style.FULL, True)


def test_a_full_update_sends_back_all_that_was_read_even_what_no_column_holds() -> None:
    document = {
        "Id": "56",
        "SyncToken": "7",
        "domain": "QBO",
        "sparse": False,
        "MetaData": {"CreateTime": "2026-01-01T00:00:00-08:00"},
        "DisplayName": "Bob",
        "AcctNum": "1",
        "Novelty": {"deep": [Decimal("1.10")]},
        "TermRef": {"value": "3", "name": "Net 30"},
        "BillAddr": ADDRESS,
    }
    wanted = update(
        "Vendor", "qbk_vend56", {"acct_num": None, "term_id": "qbk_term4", "bill_addr_line1": None}
    )

    assert apply(wanted, document) == {
        "Id": "56",
        "SyncToken": "7",
        "sparse": False,
        "DisplayName": "Bob",
        "Novelty": {"deep": [Decimal("1.10")]},
        "TermRef": {"value": "4"},
        "BillAddr": {"Id": "5", "City": "Town", "Lat": "INVALID"},
    }
    assert document["BillAddr"] == ADDRESS


def test_an_address_whose_last_part_is_cleared_is_gone_with_its_id_and_coordinates() -> None:
    wanted = update("Vendor", "qbk_vend56", {"bill_addr_line1": None, "bill_addr_city": None})

    assert "BillAddr" not in apply(wanted, {"Id": "56", "SyncToken": "1", "BillAddr": ADDRESS})


@pytest.mark.parametrize(
    ("name", "column", "head", "sent"),
    [("Payment", "line", "Line", []), ("Employee", "gender", "Gender", None)],
)
def test_what_intuit_clears_by_a_value_is_cleared_by_it(name: str, column: str, head: str, sent: Any) -> None:
    entity = by_name(name)
    wanted = update(name, f"qbk_{entity.prefix}1", {column: None})

    assert apply(wanted, {"Id": "1", "SyncToken": "0", head: ["x"]})[head] == sent


def test_taxes_that_belong_to_other_lines_are_not_sent_back() -> None:
    taxes = {"TxnTaxCodeRef": {"value": "2"}, "TotalTax": Decimal("8.00"), "TaxLine": [{}]}
    document = {"Id": "1", "SyncToken": "0", "TxnTaxDetail": taxes, "Line": []}
    lines = [{"Amount": Decimal("1.00")}]

    changed = apply(update("CreditMemo", "qbk_cmemo1", {"line": lines}), document)
    unchanged = apply(update("CreditMemo", "qbk_cmemo1", {"private_note": "x"}), document)

    assert (changed["Line"], changed["TxnTaxDetail"]) == (lines, {"TxnTaxCodeRef": {"value": "2"}})
    assert unchanged["TxnTaxDetail"] == taxes


def test_what_an_object_wants_again_in_every_update_comes_from_the_row_it_was_made_on() -> None:
    row = {
        **BASE,
        "from_account_id": "qbk_acct35",
        "to_account_id": "qbk_acct36",
        "amount": Decimal("120.00"),
    }

    known = plan(update("Transfer", "qbk_xfer1", {"amount": Decimal("7")}, row))
    unknown = plan(update("Transfer", "qbk_xfer1", {"amount": Decimal("7")}))

    assert known.body() == {
        "Id": "1",
        "SyncToken": "3",
        "sparse": True,
        "FromAccountRef": {"value": "35"},
        "ToAccountRef": {"value": "36"},
        "Amount": Decimal("7"),
    }
    assert unknown.needs_document


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("Account", "SubAccount"),
        ("Class", "SubClass"),
        ("Customer", "Job"),
        ("Department", "SubDepartment"),
        ("Item", "SubItem"),
    ],
)
def test_a_parent_goes_with_the_flag_that_says_so(name: str, flag: str) -> None:
    entity = by_name(name)
    first = {"display_name" if name == "Customer" else "name": "x"}
    ours = f"qbk_{entity.prefix}7"

    made = plan(change(name, Action.CREATE, {**first, "parent_id": ours})).body()
    freed = apply(update(name, ours, {"parent_id": None}), {"Id": "7", "SyncToken": "0", flag: True})

    assert (made["ParentRef"], made[flag], freed[flag]) == ({"value": "7"}, True, False)
    assert "ParentRef" not in freed


def test_a_transaction_is_deleted_by_id_and_version() -> None:
    made = plan(change("Invoice", Action.DELETE, {}, "qbk_inv130", BASE))

    assert (made.call, made.needs_document) == (Call("POST", "invoice", {"operation": "delete"}), False)
    assert made.body() == {"Id": "130", "SyncToken": "3"}


def test_what_has_to_be_deleted_whole_is_read_first() -> None:
    transfer = plan(change("Transfer", Action.DELETE, {}, "qbk_xfer1", BASE))
    template = plan(change("RecurringTransaction", Action.DELETE, {}, "qbk_recur2", BASE))
    document = {"Id": "1", "SyncToken": "5", "Amount": Decimal("120.00")}

    assert (transfer.needs_document, template.needs_document) == (True, True)
    assert transfer.body(document) == document
    assert template.body({"Bill": {"Id": "2", "SyncToken": "0"}}) == {"Bill": {"Id": "2", "SyncToken": "0"}}


def test_a_name_is_made_inactive_instead_of_deleted() -> None:
    customer = plan(change("Customer", Action.DELETE, {}, "qbk_cust1", BASE))
    vendor = plan(change("Vendor", Action.DELETE, {}, "qbk_vend2", BASE))

    assert (customer.call, vendor.call) == (Call("POST", "customer"), Call("POST", "vendor"))
    assert customer.body() == {"Id": "1", "SyncToken": "3", "sparse": True, "Active": False}
    assert vendor.body({"Id": "2", "SyncToken": "6", "Active": True, "DisplayName": "V"}) == {
        "Id": "2",
        "SyncToken": "6",
        "sparse": False,
        "Active": False,
        "DisplayName": "V",
    }


@pytest.mark.parametrize(
    ("name", "params", "marks"),
    [
        ("Invoice", {"operation": "void"}, {}),
        ("Payment", {"operation": "update", "include": "void"}, {"sparse": True}),
    ],
)
def test_a_void_has_the_form_of_its_object(name: str, params: Any, marks: Any) -> None:
    entity = by_name(name)
    made = plan(change(name, Action.VOID, {}, f"qbk_{entity.prefix}1", BASE))

    assert made.call == Call("POST", entity.resource, params)
    assert made.body() == {"Id": "1", "SyncToken": "3", **marks}
    assert made.batch_item("a", made.body())["optionsData"] == "void"


def test_a_recurring_transaction_is_wrapped_in_the_type_it_is_of() -> None:
    values = {"txn_type": "Bill", "vendor_id": "qbk_vend56", "recurring_info": {"Name": "Rent"}, "line": [{}]}

    assert plan(change("RecurringTransaction", Action.CREATE, values)).body() == {
        "Bill": {"Line": [{}], "RecurringInfo": {"Name": "Rent"}, "VendorRef": {"value": "56"}}
    }


def test_a_rate_of_exchange_is_set_by_an_update_whether_it_is_new_or_not() -> None:
    rate = {"source_currency_code": "EUR", "as_of_date": "2026-02-28", "rate": Decimal("1.10")}
    new = plan(change("ExchangeRate", Action.CREATE, rate))
    known = plan(update("ExchangeRate", "qbk_xrateEUR-USD-2026-02-28", {"rate": 2}))

    assert (new.call, new.batch_item("a", {})["operation"]) == (Call("POST", "exchangerate"), "update")
    assert new.body() == {"SourceCurrencyCode": "EUR", "Rate": Decimal("1.10"), "AsOfDate": "2026-02-28"}
    assert known.reading == Call(
        "GET", "exchangerate", {"sourcecurrencycode": "EUR", "asofdate": "2026-02-28"}
    )
    assert known.body({**new.body(), "SyncToken": "1"})["Rate"] == 2


def test_a_tax_code_is_made_by_the_tax_service() -> None:
    rates = [{"TaxRateName": "City", "RateValue": 8, "TaxAgencyId": "qbk_tagen1"}]

    made = plan(change("TaxService", Action.CREATE, {"tax_code": "City", "tax_rate_details": rates}))

    assert made.call == Call("POST", "taxservice/taxcode")
    assert made.body() == {
        "TaxCode": "City",
        "TaxRateDetails": [{"TaxRateName": "City", "RateValue": 8, "TaxAgencyId": "1"}],
    }


def test_a_version_among_the_values_is_a_lock() -> None:
    locked = update("Invoice", "qbk_inv130", {"private_note": "x", "sync_token": "2"}, {"sync_token": "3"})

    assert plan(locked).body()["SyncToken"] == "2"
    assert plan(locked).body({"Id": "130", "SyncToken": "2"})["SyncToken"] == "2"
    with pytest.raises(ChangeRefused) as refused:
        plan(locked).body({"Id": "130", "SyncToken": "3"})
    assert (refused.value.problem, refused.value.column) == (Problem.CONFLICT, "sync_token")


def test_a_conflict_is_a_changed_column_that_somebody_else_has_changed_too() -> None:
    base = {"private_note": "a", "txn_date": "2026-02-28", "total_amt": 1, "customer_id": "qbk_cust1"}
    wanted = update(
        "Invoice", "qbk_inv1", {"private_note": "b", "txn_date": "2026-03-01", "sync_token": "1"}, base
    )
    document = {"Id": "1", "SyncToken": "1", "TxnDate": "2026-02-28", "TotalAmt": 2, "PrivateNote": "a"}

    assert conflicts(wanted, document) == ()
    assert conflicts(wanted, {**document, "PrivateNote": "b"}) == ("private_note",)
    assert conflicts(wanted, {**document, "SyncToken": "2", "TxnDate": "2026-03-02"}) == (
        "txn_date",
        "sync_token",
    )


@pytest.mark.parametrize(
    ("name", "column", "before", "there"),
    [
        ("Payment", "total_amt", "25.0", Decimal("25.00")),
        ("Payment", "total_amt", 25.0, 25),
        ("Invoice", "private_note", None, None),
        ("Invoice", "line", [{"Amount": 1.5}], [{"Amount": Decimal("1.50")}]),
        ("TimeActivity", "start_time", "2026-01-01T16:00:00+00:00", "2026-01-01T08:00:00-08:00"),
    ],
)
def test_the_same_value_in_another_form_is_no_conflict(
    name: str, column: str, before: Any, there: Any
) -> None:
    entity = by_name(name)
    wanted = update(name, f"qbk_{entity.prefix}1", {column: None}, {column: before})
    document = {"Id": "1"} | ({entity.columns[column].path: there} if there is not None else {})

    assert conflicts(wanted, document) == ()


def test_what_quickbooks_did_not_take_is_named() -> None:
    values = {
        "customer_id": "qbk_cust1",
        "private_note": "a",
        "txn_date": "2026-02-28",
        "exchange_rate": 1.5,
        "bill_email": None,
        "line": [{"Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": "qbk_item3"}}}],
    }
    answer = {
        "Id": "1",
        "CustomerRef": {"value": "1", "name": "Amy"},
        "PrivateNote": "a",
        "TxnDate": "2026-02-28",
        "ExchangeRate": Decimal("1.50"),
        "Line": [
            {
                "Id": "1",
                "Amount": Decimal("5.00"),
                "SalesItemLineDetail": {"ItemRef": {"value": "3", "name": "x"}},
            },
            {"Amount": Decimal("5.00"), "DetailType": "SubTotalLineDetail"},
        ],
    }
    made = change("Invoice", Action.CREATE, values)

    assert not_taken(made, answer) == ()
    assert not_taken(made, {**answer, "PrivateNote": "b", "Line": answer["Line"][1:]}) == (
        "private_note",
        "line",
    )
    assert not_taken(update("Invoice", "qbk_inv1", {"private_note": None}), answer) == ("private_note",)


def test_numbers_are_sent_digit_by_digit() -> None:
    values = {
        "customer_id": "qbk_cust1",
        "total_amt": Decimal("1E+3"),
        "exchange_rate": 0.1,
        "line": [{"Amount": Decimal("300.00")}],
    }

    sent = encoded(plan(change("Payment", Action.CREATE, values)).body())

    assert sent == (
        b'{"CustomerRef":{"value":"1"},"TotalAmt":1000,"ExchangeRate":0.1,"Line":[{"Amount":300.00}]}'
    )


@pytest.mark.parametrize(
    ("name", "answer", "document"),
    [
        ("Invoice", {"Invoice": {"Id": "1"}, "time": "x"}, {"Id": "1"}),
        ("CompanyInfo", {"QueryResponse": {"CompanyInfo": [{"Id": "1"}]}}, {"Id": "1"}),
        ("RecurringTransaction", {"RecurringTransaction": {"Bill": {"Id": "1"}}}, {"Bill": {"Id": "1"}}),
        ("Budget", {"time": "x"}, None),
    ],
)
def test_the_document_is_found_in_each_form_of_answer(name: str, answer: Any, document: Any) -> None:
    assert document_in(by_name(name), answer) == document


def test_an_id_from_outside_cannot_lead_to_another_address() -> None:
    made = plan(update("Invoice", "qbk_inv1/../../x?y", {"private_note": "x"}))

    assert made.reading == Call("GET", "invoice/1%2F..%2F..%2Fx%3Fy")
