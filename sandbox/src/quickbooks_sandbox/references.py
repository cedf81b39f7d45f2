"""What a document names must exist and be active. Says nothing of the document itself."""

from __future__ import annotations

from typing import Any

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults
from quickbooks_sandbox.books import is_stocked
from quickbooks_sandbox.complete import LINE_REFERENCES
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Store

PEOPLE = ("Customer", "Vendor", "Employee")
# Pseudo codes that US companies have without an object behind them.
_US_TAX_CODES = ("TAX", "NON")


def check_references(store: Store, entity: Entity, document: Document) -> None:
    """Raises Fault 2500 or 610 for the first reference that leads nowhere or to something inactive.

    Where the document should say what kind of name it means and does not, it is filled in.
    """
    for field in entity.references():
        reference = document.get(field.steps[0])
        if not isinstance(reference, dict) or not value_of(reference):
            continue
        if not field.to and not reference.get("type"):
            reference["type"] = _kind_of_person(store, value_of(reference))
        _check(store, field.to or str(reference.get("type", "")), value_of(reference))
    for line in document.get("Line") or ():
        _check_inside(store, line)


def check_stock(store: Store, document: Document) -> None:
    """Raises Fault 6270 for a transaction that moves an item before its stock begins."""
    if "TxnDate" not in document:
        return
    lookup = Lookup(store)
    for line in document.get("Line") or ():
        detail = line.get(str(line.get("DetailType"))) or {}
        item = lookup.referred("Item", detail.get("ItemRef"))
        if item.get("Type") == "Inventory" and not is_stocked(item, document):
            raise faults.before_stock()


def _check_inside(store: Store, value: Any) -> None:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in LINE_REFERENCES and value_of(inner):
            _check(store, LINE_REFERENCES[key] or str(inner.get("type", "")), value_of(inner))
        else:
            _check_inside(store, inner)


def _check(store: Store, target: str, id: str) -> None:
    if not target or (target == "TaxCode" and id in _US_TAX_CODES):
        return
    row = store.get(target.capitalize() if target.isupper() else target, id)
    if row is None:
        raise faults.bad_reference(f"{target}s", id)
    if not row.active:
        raise faults.not_found()


def _kind_of_person(store: Store, id: str) -> str:
    return next((name for name in PEOPLE if store.get(name, id)), "Vendor")
