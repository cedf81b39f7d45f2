"""Rows whose balances others have moved.

A payment moves the balance of an invoice and of a customer. Whether QuickBooks then tells of them as changed,
nobody knows; those it did not tell of are asked for by their Ids, and so on upwards to the customers above. The tap
asks for what a run's documents point at, the worker for what its writes do, now and before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quickbooks_core.catalog import CATALOG, Entity, Shape, by_name
from quickbooks_core.mapping import ID_MARK, split_id

Document = dict[str, Any]

# Names whose balances or quantities documents move, by how the keys that point at them end.
_POINTING = {"CustomerRef": "Customer", "VendorRef": "Vendor", "AccountRef": "Account", "ItemRef": "Item"}
# Objects by their names in any case; two kinds of a bill's payment have names of their own in links.
_OBJECTS = {entity.name.lower(): entity.name for entity in CATALOG} | {
    "billpaymentcheck": "BillPayment",
    "billpaymentcreditcard": "BillPayment",
}
_ABOVE = "ParentRef"

Target = tuple[str, str]  # QuickBooks' name of the object, and its bare Id


class Linked:
    """Collects what documents point at, and what has been told of."""

    def __init__(self) -> None:
        self._wanted: set[Target] = set()
        self._told: set[Target] = set()
        self.documents_moved = False  # and with them accounts that they do not name

    def saw(self, entity: Entity, documents: Iterable[Document]) -> None:
        """Documents that were emitted."""
        for document in documents:
            inner = next(iter(document.values())) if entity.wrapped else document
            self._told.add((entity.name, str(inner.get("Id", ""))))
            if entity.shape is Shape.TRANSACTION:
                self.documents_moved = True
                self._wanted.update(targets(inner))

    def wrote(self, entity: Entity, document: Document | None, row: Mapping[str, Any] | None) -> None:
        """A write has made this document of this row; either may be missing. Whatever was told before is old."""
        if entity.shape is not Shape.TRANSACTION:
            return
        if document is not None:
            self._wanted.update(targets(next(iter(document.values())) if entity.wrapped else document))
        if row is not None:
            self._wanted.update(targets_of_row(entity, row))

    def saw_again(self, entity: Entity, documents: Iterable[Document]) -> None:
        """Documents that were asked for: what stands above them may have moved too."""
        for document in documents:
            self._told.add((entity.name, str(document.get("Id", ""))))
            above = document.get(_ABOVE)
            if isinstance(above, dict) and above.get("value"):
                self._wanted.add((entity.name, str(above["value"])))

    def told(self, entity: Entity, ids: Iterable[str]) -> None:
        """Bare Ids of what is known to have gone."""
        self.documents_moved |= entity.shape is Shape.TRANSACTION
        self._told.update((entity.name, id) for id in ids)

    @property
    def is_missing_any(self) -> bool:
        """Whether something was pointed at and not told."""
        return bool(self._wanted - self._told)

    def missing(self) -> Mapping[Entity, set[str]]:
        """Bare Ids of what was pointed at and not told, by object."""
        found: dict[Entity, set[str]] = {}
        for name, id in self._wanted - self._told:
            found.setdefault(by_name(name), set()).add(id)
        self._told |= self._wanted
        return found


def targets(value: Any) -> Iterator[Target]:
    """What a document points at, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from targets(item)
    if not isinstance(value, dict):
        return
    if (id := str(value.get("TxnId") or "")) and not _is_ours(id) and (name := _known(value.get("TxnType"))):
        yield name, id
    if (name := _known(value.get("Type"))) and (id := _value(value.get("EntityRef"))):
        yield name, id
    for key, inner in value.items():
        if (id := _value(inner)) and (name := _pointed_at(key, inner)):
            yield name, id
        elif isinstance(inner, dict | list):
            yield from targets(inner)


def targets_of_row(entity: Entity, row: Mapping[str, Any]) -> Iterator[Target]:
    """The same for a row of the mirror: JSON is QuickBooks' own there, other references are ids of ours."""
    for column in row.keys() & entity.columns.keys():
        yield from targets(row[column])
    for field in entity.references():
        if not row.get(field.column):
            continue
        try:
            target, id = split_id(row[field.column])
        except ValueError:
            continue  # what a client wanted before, and QuickBooks has refused
        if target.name in _POINTING.values():
            yield target.name, id


def _pointed_at(key: str, reference: Mapping[str, Any]) -> str:
    named = next((name for end, name in _POINTING.items() if key.endswith(end)), "")
    return named or (_known(reference.get("type")) if key == "EntityRef" else "")


def _value(reference: Any) -> str:
    found = reference.get("value") if isinstance(reference, dict) else None
    return found if isinstance(found, str) and not _is_ours(found) else ""


def _is_ours(id: str) -> bool:
    """As a client may write it; QuickBooks' answer has its own."""
    return id.startswith(ID_MARK)


def _known(name: Any) -> str:
    """The object's own name of a type, or nothing."""
    return _OBJECTS.get(name.lower(), "") if isinstance(name, str) else ""
