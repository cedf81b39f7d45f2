"""What a user has not selected appears nowhere in a row: neither in its column nor in `extra`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Entity, Kind, by_name
from quickbooks_core.mapping import AUTOMATIC, EXTRA, to_row

SECRET = "s3cret"
CUSTOMER = by_name("Customer")
ALL = frozenset({*CUSTOMER.columns, EXTRA})

every_object = pytest.mark.parametrize("entity", MIRRORED, ids=lambda entity: entity.name)


def holding(entity: Entity, path: str, value: Any) -> dict[str, Any]:
    """A document with one value besides its id."""
    document: dict[str, Any] = dict.fromkeys(entity.id_paths, "1")
    head, *rest = path.split(".")
    document[head] = {rest[0]: value, "Unknown": "7"} if rest else value
    return {"Invoice": document} if entity.wrapped else document


@every_object
def test_a_deselected_value_appears_nowhere_whatever_its_type(entity):
    everything = frozenset({*entity.columns, EXTRA})
    for field in entity.fields:
        if field.column in AUTOMATIC or field.path.startswith("$") or field.path in entity.id_paths:
            continue
        for value in (SECRET, [SECRET], {"deep": [SECRET]}):
            row = to_row(entity, holding(entity, field.path, value), everything - {field.column})

            assert SECRET not in json.dumps(row), field.path
            assert field.column not in row


@every_object
def test_a_deselected_value_does_not_hide_in_a_nested_object_of_another_shape(entity):
    everything = frozenset({*entity.columns, EXTRA})
    for field in entity.fields:
        head, *rest = field.steps
        if not rest or field.column in AUTOMATIC:
            continue
        for shape in ([{rest[0]: SECRET}], SECRET):
            row = to_row(entity, holding(entity, head, shape), everything - {field.column})

            assert SECRET not in json.dumps(row), field.path


@every_object
def test_selecting_everything_is_the_same_as_selecting_nothing_in_particular(entity):
    document = holding(entity, "Novelty", SECRET)

    assert to_row(entity, document, frozenset({*entity.columns, EXTRA})) == to_row(entity, document)


@every_object
def test_what_the_merge_needs_cannot_be_deselected(entity):
    inner = dict.fromkeys(entity.id_paths, "1") | {
        field.steps[0]: "4" for field in entity.fields if field.path == "SyncToken"
    }
    times = {
        f.steps[1]: "2026-01-01T00:00:00Z"
        for f in entity.fields
        if f.kind is Kind.TIMESTAMP and len(f.steps) == 2
    }
    document = {"Invoice": inner | {"MetaData": times}} if entity.wrapped else inner | {"MetaData": times}

    row = to_row(entity, document, frozenset())

    assert set(row) == AUTOMATIC & entity.columns.keys()


def test_without_extra_nothing_unknown_is_kept():
    row = to_row(CUSTOMER, holding(CUSTOMER, "Novelty", SECRET), ALL - {EXTRA})

    assert row == {"id": "qbk_cust1"}


def test_what_stands_beside_a_deselected_value_is_kept():
    document = {"Id": "1", "BillAddr": {"Id": "5", "City": "Berlin", "Line1": SECRET, "Lat": "1"}}

    row = to_row(CUSTOMER, document, ALL - {"bill_addr_line1"})

    assert row == {
        "id": "qbk_cust1",
        "bill_addr_city": "Berlin",
        "extra": {"BillAddr": {"Id": "5", "Lat": "1"}},
    }


def test_an_address_none_of_whose_columns_is_selected_leaves_no_coordinates():
    document = {"Id": "1", "BillAddr": {"Id": "5", "City": "Berlin", "Lat": "52.5", "Long": "13.4"}}
    address = {column for column in CUSTOMER.columns if column.startswith("bill_addr_")}

    row = to_row(CUSTOMER, document, ALL - address)

    assert row == {"id": "qbk_cust1"}


def test_a_polymorphic_reference_is_read_without_its_deselected_type():
    purchase = by_name("Purchase")
    document = {"Id": "1", "EntityRef": {"value": "56", "type": "Vendor", "name": SECRET}}
    selected = frozenset({*purchase.columns, EXTRA}) - {"entity_type", "entity_name"}

    row = to_row(purchase, document, selected)

    assert row == {"id": "qbk_purch1", "entity_id": "qbk_vend56"}
