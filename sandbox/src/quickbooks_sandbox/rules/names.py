"""Names: who may have which, where an object may stand below another, and what an inactive name allows."""

from __future__ import annotations

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import decimal
from quickbooks_sandbox.complete import name_of
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

_PEOPLE = ("Customer", "Vendor", "Employee")
_UNNAMED = ("Attachable",)
_LEVELS = 5
# Recorded for a tax rate; the others follow its form.
_WORDS = {"TaxRate": "tax rate", "PaymentMethod": "payment method"}


def check_free(entity: Entity, document: Document, store: Store, switches: Switches) -> None:
    """A name belongs to one: of customers, vendors and employees together, or of a list below one parent.

    An inactive object's name is free; its own carries a mark that QuickBooks sets.
    """
    if document.get("Active") is False or not name_of(entity, document):
        return
    if entity.name in _PEOPLE:
        others = store.people(str(document["DisplayName"]))
        words = "customer, vendor or employee"
    elif entity.shape is Shape.LIST and entity.name not in _UNNAMED:
        others = store.named(entity.name, name_of(entity, document))
        words = _WORDS.get(entity.name, entity.name.lower())
    else:
        return
    taken = [other for other in others if other != (entity.name, document["Id"])]
    if taken:
        if switches["duplicate_name_detail"] == "null":
            raise refusals.duplicate_name_without_words()
        if entity.name in _PEOPLE and store.get(entity.name, document["Id"]):
            raise refusals.duplicate_renaming(taken[0][0].lower())
        raise refusals.duplicate_name(words)


def check_place(entity: Entity, document: Document, lookup: Lookup) -> None:
    """An object stands below another of its kind, not below itself, five levels deep at most."""
    own, parent = str(document.get("Id", "")), value_of(document.get("ParentRef"))
    level = 1
    while parent:
        level += 1
        if parent == own:
            raise refusals.its_own_parent()
        if level > _LEVELS:
            raise refusals.too_deep()
        parent = value_of((lookup.get(entity.name, parent) or {}).get("ParentRef"))


def check_standing(entity: Entity, before: Document, after: Document, switches: Switches) -> None:
    """An inactive name is only activated again; one that owes or is owed stays active."""
    if not entity.has_active:
        return
    was_active, is_active = before.get("Active") is not False, after.get("Active") is not False
    if not was_active and not is_active and switches["update_of_an_inactive_name"] == "refuse":
        raise faults.business("You cannot modify a list element that has been deleted.")
    owes = entity.name in ("Customer", "Vendor") and decimal(before.get("Balance")) != 0
    if was_active and not is_active and owes and switches["deactivation_with_a_balance"] == "refuse":
        raise refusals.has_balance(entity.name)
