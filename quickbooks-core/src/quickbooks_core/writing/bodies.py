"""The bodies of requests: of a new document, of changed columns alone, of a whole document with changes in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quickbooks_core.catalog.model import Access, Entity
from quickbooks_core.writing.settings import Setting

Document = dict[str, Any]

# Says that an object stands below another of its kind; it goes with the parent.
_BELOW = {
    "Account": "SubAccount",
    "Class": "SubClass",
    "Customer": "Job",
    "Department": "SubDepartment",
    "Item": "SubItem",
}
# Cleared by a value of their own, as Intuit's pages say; all others by being left out of a full update.
_CLEARED_BY: dict[tuple[str, str], Any] = {("Employee", "Gender"): None, ("Payment", "Line"): []}
# What an answer says of itself.
_MARKS = ("MetaData", "domain", "status", "sparse", "time")
# The taxes of a document belong to its lines: with other lines, QuickBooks works them out by the code anew.
_TAXED_BY = ("Line", "GlobalTaxCalculation")
_TAXES = "TxnTaxDetail"


def new_document(entity: Entity, settings: Iterable[Setting]) -> Document:
    """The body of a create."""
    kinds = [setting.value for setting in settings if setting.field.path.startswith("$")]
    inner = changed(entity, {}, (one for one in settings if not one.field.path.startswith("$")))
    return {kinds[0]: inner} if entity.wrapped else inner


def changed(entity: Entity, document: Mapping[str, Any], settings: Iterable[Setting]) -> Document:
    """A document, or a part of one, with settings in it; the given one stays as it is."""
    settings = list(settings)
    found = dict(document)
    for setting in settings:
        _set(entity, found, setting)
    _tell_below(entity, found, settings)
    return found


def whole(entity: Entity, document: Mapping[str, Any], settings: Iterable[Setting]) -> Document:
    """The body of a full update: everything that was read, because what is left out would be cleared."""
    settings = list(settings)
    kept = {key: value for key, value in document.items() if key not in _MARKS}
    heads = {setting.head for setting in settings}
    if heads & set(_TAXED_BY) and _TAXES not in heads and _TAXES in kept:
        code = kept.pop(_TAXES).get("TxnTaxCodeRef")
        kept |= {_TAXES: {"TxnTaxCodeRef": code}} if code else {}
    return {**changed(entity, kept, settings), "sparse": False}


def parts(heads: Iterable[str], document: Mapping[str, Any]) -> Document:
    """Some top-level keys of a document."""
    return {head: document[head] for head in heads if head in document}


def is_split(entity: Entity, head: str, settings: Iterable[Setting]) -> bool:
    """Whether a key holds several values of which not all are set, such as an address: the others must be kept."""
    own = _own_steps(entity, head)
    return len(own) > 1 and not own <= {
        setting.field.steps[1] for setting in settings if setting.head == head
    }


def _set(entity: Entity, found: Document, setting: Setting) -> None:
    head, *rest = setting.field.steps
    if not rest:
        _set_whole(entity, found, head, setting.value)
        return
    before = found.get(head)
    inner = dict(before) if isinstance(before, dict) else {}
    if f"{head}.value" in entity.by_path:
        inner.pop("name", None)  # it is that of the object referred to before
    if setting.value is None:
        inner.pop(rest[0], None)
    else:
        inner[rest[0]] = setting.value
    if _own_steps(entity, head) & inner.keys():  # an address is more than its Id and coordinates
        found[head] = inner
    else:
        found.pop(head, None)


def _set_whole(entity: Entity, found: Document, head: str, value: Any) -> None:
    key = (entity.name, head)
    if value is not None:
        found[head] = value
    elif key in _CLEARED_BY:
        found[head] = _CLEARED_BY[key]
    else:
        found.pop(head, None)


def _own_steps(entity: Entity, head: str) -> set[str]:
    """The keys of a nested object that a client may set."""
    fields = (field for field in entity.fields if field.steps[0] == head and len(field.steps) == 2)
    return {field.steps[1] for field in fields if field.access is not Access.READ}


def _tell_below(entity: Entity, found: Document, settings: Iterable[Setting]) -> None:
    flag, heads = _BELOW.get(entity.name), {setting.head for setting in settings}
    if flag and "ParentRef" in heads and flag not in heads:
        found[flag] = "ParentRef" in found
