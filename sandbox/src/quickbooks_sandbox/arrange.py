"""A document as QuickBooks writes it: keys in the catalogue's order, scales of numbers, nothing empty."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from quickbooks_core.catalog import Entity, Field, Kind

from quickbooks_sandbox.amounts import money, plain
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.shapes import Shape, shape_of

# Written even when empty, as recorded answers have them.
_KEPT_EMPTY = frozenset({"SubTotalLineDetail", "TaxRateDetail", "TxnTaxDetail", "DescriptionLineDetail"})
_MONEY_KEYS = frozenset({"Amount", "TotalTax", "NetAmountTaxable", "TaxAmount", "HomeTotalAmt"})
_PLAIN_KEYS = frozenset(
    {"UnitPrice", "Qty", "TaxPercent", "DiscountPercent", "QtyDiff", "TaxInclusiveAmt", "Percent"}
)
# The service writes what a part has beside its base before the base; the table of shapes has it behind.
_OWN_FIRST = {
    "ItemBasedExpenseLineDetail": ("CustomerRef", "BillableStatus", "TaxInclusiveAmt"),
    "SalesItemLineDetail": ("ServiceDate", "TaxInclusiveAmt", "DiscountRate", "DiscountAmt"),
}
_UNKNOWN: Shape = {}
# Prices of an item carry no padding, unlike every other amount at the top of an object.
_PRICES = frozenset({"UnitPrice", "PurchaseCost", "BillRate", "CostRate", "HourlyRate"})


def arranged(entity: Entity, document: Document) -> Document:
    """The document in the order, and with the number scales, of an answer."""
    places = _places(entity)
    end = len(places)
    keys = sorted(document, key=lambda key: places.get(key, end))
    return {key: _scaled(entity, key, document[key]) for key in keys}


def without_empty(value: Any) -> Any:
    """Drops null, "" and empty objects everywhere: QuickBooks reads them as not given."""
    if isinstance(value, dict):
        inner = {key: without_empty(item) for key, item in value.items()}
        return {k: v for k, v in inner.items() if v not in (None, "", {}) or (v == {} and k in _KEPT_EMPTY)}
    if isinstance(value, list):
        return [kept for item in value if (kept := without_empty(item)) not in (None, "", {})]
    return value


@cache
def _places(entity: Entity) -> dict[str, int]:
    """Top-level key → its place; `domain` and `sparse` stand before the Id."""
    order: list[str] = []
    for field in entity.fields:
        head = field.steps[0]
        if head == "Id":
            order += ["domain", "sparse", "status"]
        if head not in order:
            order.append(head)
    return {key: place for place, key in enumerate(order)}


@cache
def _scales(entity: Entity) -> dict[str, Callable[[Any], Any]]:
    return {field.path: _scale(field) for field in entity.fields if field.kind in (Kind.MONEY, Kind.NUMBER)}


def _scale(field: Field) -> Callable[[Any], Any]:
    if field.quoted:
        return lambda value: value
    return plain if field.kind is Kind.NUMBER or field.path in _PRICES else money


def _scaled(entity: Entity, key: str, value: Any) -> Any:
    if isinstance(value, dict | list):
        return _inner(value, _kind_of(shape_of(entity.key) or _UNKNOWN, key))
    scale = _scales(entity).get(key)
    return scale(value) if scale and value is not None else value


def _inner(value: Any, part: str) -> Any:
    """Order and scales inside addresses, references, lines and details."""
    if isinstance(value, list):
        return [_inner(item, part) for item in value]
    if not isinstance(value, dict):
        return value
    shape, places = shape_of(part) or _UNKNOWN, _part_places(part)
    keys = sorted(value, key=lambda key: places.get(key, len(places)))
    return {key: _inner_value(key, value[key], _kind_of(shape, key)) for key in keys}


@cache
def _part_places(part: str) -> dict[str, int]:
    order = (*_OWN_FIRST.get(part, ()), *(shape_of(part) or ()))
    return {key: place for place, key in enumerate(dict.fromkeys(order))}


def _kind_of(shape: Shape, key: str) -> str:
    return shape[key].kind if key in shape else ""


def _inner_value(key: str, value: Any, part: str) -> Any:
    if isinstance(value, dict | list):
        return _inner(value, part)
    if isinstance(value, bool | str) or value is None:
        return value
    if key in _MONEY_KEYS:
        return money(value)
    return plain(value) if key in _PLAIN_KEYS else value
