"""What can be done with an object at all, by the operations of the catalogue; everything else is refused in words."""

from __future__ import annotations

from quickbooks_core.catalog.model import Deletion, Entity, Operation
from quickbooks_core.mapping import bare_id, our_id
from quickbooks_core.writing.change import Action, Change
from quickbooks_core.writing.refused import ChangeRefused, Problem

_WORDS = {
    Action.CREATE: "be created",
    Action.UPDATE: "be changed",
    Action.DELETE: "be deleted or made inactive",
    Action.VOID: "be voided",
    Action.READ: "be read",
}
_TAX_SERVICE = (
    "A new tax code comes with its rates by the tax service; everything else is done in QuickBooks itself."
)
_HINTS = {"TaxCode": _TAX_SERVICE, "TaxRate": _TAX_SERVICE}
_HINT = "Do it in QuickBooks itself; the mirror follows."


def can(entity: Entity, action: Action) -> bool:
    """Whether QuickBooks' API does this with an object."""
    if action is Action.CREATE:
        # What is named by its values and not by an Id is made by an update of what was not there.
        named_by_values = entity.id_paths != ("Id",) and entity.can(Operation.UPDATE)
        return entity.can(Operation.CREATE) or named_by_values
    if action is Action.DELETE:
        return entity.deletion is not Deletion.NONE
    if action is Action.READ:
        return entity.has_table
    return entity.can(Operation.UPDATE if action is Action.UPDATE else Operation.VOID)


def check_ability(change: Change) -> None:
    """Raises ChangeRefused where QuickBooks' API cannot do this at all."""
    if not can(change.entity, change.action):
        words = f"cannot {_WORDS[change.action]} through QuickBooks' API"
        hint = _HINTS.get(change.entity.name, _HINT)
        raise ChangeRefused(Problem.UNSUPPORTED, change.entity, words, id=change.id, hint=hint)


def checked_id(entity: Entity, id: str) -> str:
    """QuickBooks' own Id of a row; raises ChangeRefused for an id of another object."""
    try:
        bare = bare_id(entity, id)
    except ValueError as error:
        raise _no_id(entity, str(error)) from None
    if bare.count("-") < len(entity.id_paths) - 1:
        raise _no_id(entity, f"{id!r} is not {our_id(entity, '-'.join(entity.id_paths))}")
    return bare


def _no_id(entity: Entity, words: str) -> ChangeRefused:
    return ChangeRefused(Problem.WRONG_ID, entity, f"has no such id: {words}", column="id")
