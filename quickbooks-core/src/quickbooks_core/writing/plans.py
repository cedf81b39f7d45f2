"""From a change to its requests: what is sent where, what has to be read first, and the body then.

Decides and sends nothing. A plan that needs no document has its body at once; any plan makes a fresh body from a
document that was read later, which is how an update goes on after a stale SyncToken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import quote

from quickbooks_core.catalog.model import Deletion, Entity, Operation, Shape
from quickbooks_core.writing.abilities import check_ability, checked_id
from quickbooks_core.writing.bodies import Document, changed, is_split, new_document, parts, whole
from quickbooks_core.writing.change import Action, Change
from quickbooks_core.writing.refused import ChangeRefused, Problem
from quickbooks_core.writing.settings import LOCK, Setting, known_settings, settings_of


class Style(Enum):
    """How a change is asked for."""

    CREATE = "create"
    SPARSE = "sparse update"  # the changed columns
    FULL = "full update"  # the whole document as it is now, with the changes in it
    DELETE = "delete"
    VOID = "void"


@dataclass(frozen=True)
class Call:
    """One request below the company's address."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How a change is carried out.

    `call` sends the body. `reading` gets the document that is there now (there is none on create); it has to be
    asked before where `needs_document`, and may be asked at any time. `kept` is what even a sparse update repeats.
    """

    change: Change
    style: Style
    call: Call
    reading: Call | None = None
    needs_document: bool = False
    settings: tuple[Setting, ...] = ()
    kept: tuple[Setting, ...] = ()

    def body(self, document: Mapping[str, Any] | None = None) -> Document:
        """What is sent: made of the document where one is given, and then for its version of the object.

        Raises ChangeRefused where the change was made for another version.
        """
        if document is None and self.needs_document:
            raise ValueError(
                f"a {self.style.value} of {self.change.entity.name} needs the document that is there"
            )
        return _BODIES[self.style](self, document)

    def batch_item(self, b_id: str, body: Document) -> Document:
        """The same write as an item of a batch."""
        options = {"optionsData": "void"} if self.style is Style.VOID else {}
        makes = self.style is Style.CREATE and self.change.entity.can(Operation.CREATE)
        operation = self.style.value if makes or self.style is Style.DELETE else "update"
        return {"bId": b_id, "operation": operation, **options, self.change.entity.key: body}


def plan(change: Change) -> Plan:
    """The plan of a change; raises ChangeRefused for what must not be sent."""
    check_ability(change)
    if change.action is Action.CREATE:
        settings = tuple(settings_of(change))
        return Plan(change, Style.CREATE, Call("POST", change.entity.resource), settings=settings)
    if change.action is Action.UPDATE:
        return _update(change, settings_of(change))
    if change.action is Action.DELETE and change.entity.deletion is Deletion.DEACTIVATE:
        return _update(change, known_settings(change.entity, {"active": False}, ["Active"]))
    return _ending(change)


def apply(change: Change, document: Mapping[str, Any]) -> Document:
    """The body that makes a change of the document that is there now."""
    return plan(change).body(document)


def reading(entity: Entity, id: str) -> Call:
    """What gets the document of a row of ours; raises ChangeRefused for an id of another object."""
    bare = checked_id(entity, id)
    if entity.id_paths != ("Id",):
        named = dict(zip(entity.id_paths, bare.split("-", len(entity.id_paths) - 1), strict=True))
        words = {"sourcecurrencycode": named["SourceCurrencyCode"], "asofdate": named["AsOfDate"]}
        return Call("GET", entity.resource, words)
    if entity.shape is Shape.SINGLETON:  # the addresses of these differ, a query finds each
        return Call("GET", "query", {"query": f"select * from {entity.name}"})
    return Call("GET", f"{entity.resource}/{quote(bare, safe='')}")


def document_in(entity: Entity, answer: Mapping[str, Any]) -> Document | None:
    """The document in the answer to a write or a reading; None where there is none (a budget that is gone)."""
    found = answer.get(entity.key) or (answer.get("QueryResponse") or {}).get(entity.key)
    return found[0] if isinstance(found, list) else found


def _update(change: Change, settings: list[Setting]) -> Plan:
    if not settings:
        raise ValueError("a change without a changed column is none")
    entity = change.entity
    clears = any(setting.value is None for setting in settings)
    style = Style.SPARSE if entity.can(Operation.SPARSE_UPDATE) and not clears else Style.FULL
    heads = {setting.head for setting in settings}
    repeated = [head for head in entity.repeated if head not in heads]
    kept = tuple(known_settings(entity, change.base or {}, repeated))
    is_enough = (
        style is Style.SPARSE
        and _version(change) != ""
        and {setting.head for setting in kept} == set(repeated)
        and not any(is_split(entity, head, settings) for head in (*heads, *repeated))
    )
    call = Call("POST", entity.resource)
    return Plan(change, style, call, reading(entity, change.id), not is_enough, tuple(settings), kept)


def _ending(change: Change) -> Plan:
    """A transaction goes by operation, most of them by Id and version alone; a void leaves it with nothing to pay."""
    entity, is_void = change.entity, change.action is Action.VOID
    params = {"operation": "delete"}
    if is_void:
        by_name = entity.name == _VOIDED_BY_NAME
        params = {"operation": "void"} if by_name else {"operation": "update", "include": "void"}
    needs_whole = entity.deleted_whole and not is_void
    return Plan(
        change,
        Style.VOID if is_void else Style.DELETE,
        Call("POST", entity.resource, params),
        reading(entity, change.id),
        needs_whole or not _version(change),
    )


def _version(change: Change) -> str:
    """The SyncToken that is known without asking; empty where none is."""
    return str(change.values.get(LOCK) or (change.base or {}).get(LOCK) or "")


def _identity(plan: Plan, document: Mapping[str, Any] | None) -> Document:
    """Which object, in which version."""
    change = plan.change
    token, lock = _version(change), change.values.get(LOCK)
    if document is not None:
        token = str(document.get("SyncToken", ""))
        if lock is not None and token != str(lock):
            words = f"is no longer at version {lock}, it is at {token}"
            hint = "Somebody changed it meanwhile: read it again and repeat the change."
            raise ChangeRefused(Problem.CONFLICT, change.entity, words, id=change.id, column=LOCK, hint=hint)
    named = {"Id": checked_id(change.entity, change.id)} if change.entity.id_paths == ("Id",) else {}
    return {**named, "SyncToken": token}


def _creating(plan: Plan, _document: Mapping[str, Any] | None) -> Document:
    return new_document(plan.change.entity, plan.settings)


def _sparse(plan: Plan, document: Mapping[str, Any] | None) -> Document:
    entity = plan.change.entity
    if document is None:
        there = changed(entity, {}, plan.kept)
    else:
        there = parts((*entity.repeated, *(setting.head for setting in plan.settings)), document)
    return {**_identity(plan, document), "sparse": True, **changed(entity, there, plan.settings)}


def _full(plan: Plan, document: Mapping[str, Any] | None) -> Document:
    return {**whole(plan.change.entity, document or {}, plan.settings), **_identity(plan, document)}


def _deleting(plan: Plan, document: Mapping[str, Any] | None) -> Document:
    entity = plan.change.entity
    if not entity.deleted_whole or document is None:
        return _identity(plan, document)
    inner = next(iter(document.values())) if entity.wrapped else document
    named = {**inner, **_identity(plan, inner)}
    return {next(iter(document)): named} if entity.wrapped else named


def _voiding(plan: Plan, document: Mapping[str, Any] | None) -> Document:
    sparse = {} if plan.change.entity.name == _VOIDED_BY_NAME else {"sparse": True}
    return {**_identity(plan, document), **sparse}


# The one object whose void is an operation of that name.
_VOIDED_BY_NAME = "Invoice"

_BODIES: dict[Style, Callable[[Plan, Mapping[str, Any] | None], Document]] = {
    Style.CREATE: _creating,
    Style.SPARSE: _sparse,
    Style.FULL: _full,
    Style.DELETE: _deleting,
    Style.VOID: _voiding,
}
