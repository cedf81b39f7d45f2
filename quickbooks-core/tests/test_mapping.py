"""A document becomes a row and comes back with nothing lost, for every object and every kind of value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Entity, Field, Kind, by_name
from quickbooks_core.mapping import (
    bare_id,
    document_id,
    our_id,
    split_id,
    to_document,
    to_row,
)

Document = dict[str, Any]

every_object = pytest.mark.parametrize("entity", MIRRORED, ids=lambda entity: entity.name)

# Per kind: what QuickBooks writes, and what the column then holds.
GOOD: dict[Kind, list[tuple[Any, Any]]] = {
    Kind.TEXT: [("a", "a"), ("", ""), ("Æ “q” \\ ' \n", "Æ “q” \\ ' \n")],
    Kind.BOOLEAN: [(True, True), (False, False)],
    Kind.INTEGER: [(0, 0), (-7, -7), (2**63 - 1, 2**63 - 1)],
    Kind.NUMBER: [(3, 3), (Decimal("0.0001"), Decimal("0.0001"))],
    Kind.MONEY: [(0, 0), (Decimal("300.00"), Decimal("300.00")), (Decimal("-1.5"), Decimal("-1.5"))],
    Kind.DATE: [("2026-02-28", "2026-02-28")],
    Kind.TIMESTAMP: [
        ("2026-01-01T20:00:00-08:00", "2026-01-02T04:00:00+00:00"),
        ("2026-07-01T00:00:00.125Z", "2026-07-01T00:00:00.125000+00:00"),
    ],
    Kind.JSON: [([{"Amount": Decimal("1.50")}], [{"Amount": Decimal("1.50")}]), ({}, {}), ([], [])],
}
# Per kind: what its column cannot hold, so that it stays in `extra`.
BAD: dict[Kind, list[Any]] = {
    Kind.REF: [None, "", 7, {"value": "7"}],
    Kind.TEXT: [None, 7, True, ["a"], {"a": "b"}],
    Kind.BOOLEAN: [None, "true", 1],
    Kind.INTEGER: [None, "7", Decimal("7.5"), True, 2**63],
    Kind.NUMBER: [None, "7", True],
    Kind.MONEY: [None, "7.00", False],
    Kind.DATE: [None, "2026-02-30", "28.2.2026", "2026-02-28T00:00:00Z", 20260228],
    Kind.TIMESTAMP: [
        None,
        "2026-01-01",
        "2026-01-01T20:00:00",
        "2026-13-01T00:00:00Z",
        "2026-01-01T20:00:00.1234567Z",
        "0001-01-01T00:00:00+08:00",
        1700000000,
    ],
    Kind.JSON: [None, "a", 7, True],
}


def smallest(entity: Entity) -> Document:
    """The id of a document and nothing else."""
    document = {path: f"{number}0" for number, path in enumerate(entity.id_paths, 1)}
    if "AsOfDate" in document:
        document["AsOfDate"] = "2026-02-28"
    return document


def wrapped(entity: Entity, inner: Document) -> Document:
    """A document as QuickBooks sends it."""
    return {"Invoice": inner} if entity.wrapped else inner


def with_value(document: Document, field: Field, value: Any) -> Document:
    """The document with one more value, at the place of a field."""
    head, *rest = field.steps
    if rest:
        return document | {head: document.get(head, {}) | {rest[0]: value}}
    return document | {head: value}


def independent(entity: Entity) -> list[Field]:
    """The fields that stand alone: no part of an id, not computed, not dependent on another field."""
    parts = {"Id", *entity.id_paths}
    return [f for f in entity.fields if not (f.path.startswith("$") or f.path in parts or f.type_path)]


def full(entity: Entity) -> Document:
    """A document with a value in every column."""
    document = smallest(entity)
    for field in entity.fields:
        if field.type_path:
            document = with_value(document, field, "56")
            document[field.steps[0]]["type"] = "Vendor"
        elif field.path not in document and not field.path.startswith("$") and field.path != "EntityRef.type":
            document = with_value(
                document, field, quoted(field, "9" if field.kind is Kind.REF else GOOD[field.kind][0][0])
            )
    return wrapped(entity, document)


def quoted(field: Field, value: Any) -> Any:
    """A value as the JSON of this field has it."""
    return str(value).lower() if field.quoted else value


def same_instants(entity: Entity, document: Document) -> Document:
    """The document with its instants in UTC, as they come back."""
    inner = document["Invoice"] if entity.wrapped else document
    for field in entity.fields:
        if field.kind is Kind.TIMESTAMP:
            holder = inner.get(field.steps[0], {}) if len(field.steps) == 2 else inner
            if isinstance(holder, dict) and isinstance(holder.get(field.steps[-1]), str):
                holder = dict(holder) | {field.steps[-1]: in_utc(holder[field.steps[-1]])}
                inner = {**inner, **(holder if len(field.steps) == 1 else {field.steps[0]: holder})}
    return wrapped(entity, inner)


def in_utc(text: str) -> str:
    """What an instant looks like when it comes back."""
    return dict(GOOD[Kind.TIMESTAMP]).get(text, text)


@every_object
def test_a_document_with_every_column_comes_back_whole(entity):
    document = full(entity)

    row = to_row(entity, document)

    assert to_document(entity, row) == same_instants(entity, document)
    assert set(row) == set(entity.columns)


@every_object
def test_each_good_value_is_held_by_its_column(entity):
    base = smallest(entity)
    for field in independent(entity):
        target = our_id(by_name(field.to), "") if field.to else ""
        values = [("EUC-1", f"{target}EUC-1")] if field.kind is Kind.REF else GOOD[field.kind]
        for value, held in values:
            document = wrapped(entity, with_value(base, field, quoted(field, value)))

            row = to_row(entity, document)

            assert (row[field.column], row.get("extra")) == (held, None), field.path
            assert to_document(entity, row) == same_instants(entity, document), field.path


@every_object
def test_each_value_that_does_not_fit_stays_in_extra_under_its_own_path(entity):
    base = smallest(entity)
    for field in independent(entity):
        for value in [] if field.quoted else BAD[field.kind]:
            document = wrapped(entity, with_value(base, field, value))

            row = to_row(entity, document)

            assert field.column not in row, field.path
            assert row["extra"] == with_value({}, field, value), field.path
            assert to_document(entity, row) == document, field.path


@every_object
def test_a_nested_object_of_another_shape_stays_whole(entity):
    heads = {field.steps[0] for field in entity.fields if len(field.steps) == 2}
    for head in heads:
        for value in (None, {}, [], "text", [{"value": "1"}]):
            document = wrapped(entity, smallest(entity) | {head: value})

            row = to_row(entity, document)

            assert row["extra"] == {head: value}
            assert to_document(entity, row) == document


@every_object
def test_what_the_catalogue_does_not_know_goes_to_extra(entity):
    heads = {field.steps[0] for field in entity.fields if len(field.steps) == 2}
    unknown: Document = {"Brand": "new", "Novelty": {"deep": [Decimal("1.10"), None, {"x": True}]}}
    unknown |= {head: {"NotKnown": "7"} for head in heads}
    document = wrapped(entity, smallest(entity) | unknown)

    row = to_row(entity, document)

    assert row["extra"] == unknown
    assert to_document(entity, row) == document


@every_object
def test_what_every_object_says_is_not_kept(entity):
    inner = smallest(entity) | {"domain": "QBO", "sparse": False}

    row = to_row(entity, wrapped(entity, inner))

    assert "extra" not in row


@every_object
def test_a_row_has_only_the_columns_that_have_a_value(entity):
    document = wrapped(entity, smallest(entity))

    row = to_row(entity, document)

    assert set(row) <= {
        "id",
        "txn_type",
        *(field.column for field in entity.fields if field.path in entity.id_paths),
    }
    assert row["id"] == document_id(entity, document)


@every_object
def test_a_document_without_an_id_is_refused(entity):
    for nothing in ({}, dict.fromkeys(entity.id_paths), dict.fromkeys(entity.id_paths, "")):
        with pytest.raises(KeyError):
            to_row(entity, wrapped(entity, nothing))


@every_object
def test_an_id_says_which_object_it_belongs_to(entity):
    for bare in ("1", "NON", "EUC-1", "5000000000000503624"):
        ours = our_id(entity, bare)

        assert (bare_id(entity, ours), split_id(ours)) == (bare, (entity, bare))


@pytest.mark.parametrize("ours", ["", "58", "qbk_", "qbk_cust", "qbk_nobody1", "cust58"])
def test_what_is_no_id_of_ours_is_refused(ours):
    with pytest.raises(ValueError, match="is not an id"):
        split_id(ours)
    with pytest.raises(ValueError, match="is not an id of Customer"):
        bare_id(by_name("Customer"), ours)


def test_a_half_known_nested_object_is_split_between_columns_and_extra():
    document = {"Id": "1", "BillAddr": {"Id": "5", "City": "Berlin", "Lat": "INVALID", "Line1": 7}}

    row = to_row(by_name("Customer"), document)

    assert row == {
        "id": "qbk_cust1",
        "bill_addr_city": "Berlin",
        "extra": {"BillAddr": {"Id": "5", "Lat": "INVALID", "Line1": 7}},
    }
    assert to_document(by_name("Customer"), row) == document


@pytest.mark.parametrize(
    ("reference", "columns"),
    [
        ({"value": "56", "type": "Vendor"}, {"entity_id": "qbk_vend56", "entity_type": "Vendor"}),
        ({"value": "56", "type": "Batch"}, {"entity_type": "Batch", "extra": {"EntityRef": {"value": "56"}}}),
        ({"value": "56", "type": "Alien"}, {"entity_type": "Alien", "extra": {"EntityRef": {"value": "56"}}}),
        ({"value": "56"}, {"extra": {"EntityRef": {"value": "56"}}}),
    ],
)
def test_a_reference_to_anything_takes_the_prefix_of_its_type(reference, columns):
    document = {"Id": "1", "EntityRef": reference}

    row = to_row(by_name("Purchase"), document)

    assert row == {"id": "qbk_purch1", **columns}
    assert to_document(by_name("Purchase"), row) == document


def test_numbers_and_booleans_in_quotes_become_what_they_mean():
    document = {"Id": "8", "PaymentAmount": "10.00", "Refund": "false", "sparse": "false"}

    row = to_row(by_name("TaxPayment"), document)

    assert row == {"id": "qbk_tpay8", "payment_amount": Decimal("10.00"), "refund": False}
    assert to_document(by_name("TaxPayment"), row) == {"Id": "8", "PaymentAmount": "10.00", "Refund": "false"}


@pytest.mark.parametrize("amount", ["1e5", "NaN", "10,00", " 1", "٣", "true", ""])
def test_what_is_no_number_in_quotes_stays_in_extra(amount):
    row = to_row(by_name("TaxPayment"), {"Id": "8", "PaymentAmount": amount})

    assert row == {"id": "qbk_tpay8", "extra": {"PaymentAmount": amount}}


def test_a_recurring_transaction_keeps_the_type_it_is_wrapped_in():
    document = {"Bill": {"Id": "3", "BillAddr": {"City": "Berlin"}, "VendorRef": {"value": "56"}}}

    row = to_row(by_name("RecurringTransaction"), document)

    assert row == {
        "id": "qbk_recur3",
        "txn_type": "Bill",
        "bill_addr": {"City": "Berlin"},
        "vendor_id": "qbk_vend56",
    }
    assert to_document(by_name("RecurringTransaction"), row) == document


def test_an_exchange_rate_is_identified_by_its_currencies_and_day():
    document = {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "AsOfDate": "2026-02-28"}

    assert document_id(by_name("ExchangeRate"), document) == "qbk_xrateEUR-USD-2026-02-28"
