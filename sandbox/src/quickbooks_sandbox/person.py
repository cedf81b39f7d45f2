"""What a person does in QuickBooks' own screens, and no API can: void, delete, merge without asking tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quickbooks_core.catalog import Entity, by_name

from quickbooks_sandbox.company import Company
from quickbooks_sandbox.complete import LINE_REFERENCES
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.lookup import value_of
from quickbooks_sandbox.rules.linked import check_deposited
from quickbooks_sandbox.store import Row


class CannotDo(ValueError):
    """No such action, or an argument is missing."""


def act(company: Company, given: Document) -> Document:
    """`{action, object, id, ...}`: edit (changes), void, delete, deactivate, activate, merge (into)."""
    action, name, id = (str(given.get(key, "")) for key in ("action", "object", "id"))
    if action not in _ACTIONS or not name or not id:
        raise CannotDo(f"give object, id and an action of {', '.join(sorted(_ACTIONS))}")
    entity = by_name(name)
    with company.store.writing():
        company.row(entity, id)
        _ACTIONS[action](company, entity, id, given)
        row = company.store.get(entity.name, id)
    return {"document": read(row.body) if row else None}


def close_books(company: Company, day: str | None) -> None:
    """Closes the books up to a day, or opens them again."""
    entity = by_name("Preferences")
    with company.store.writing():
        row = company.row(entity, "1")
        before = read(row.body)
        kept = {key: value for key, value in before["AccountingInfoPrefs"].items() if key != "BookCloseDate"}
        chosen = {**kept, "BookCloseDate": day} if day else kept
        company.rewrite(entity, row, {**before, "AccountingInfoPrefs": chosen})


def _edit(company: Company, entity: Entity, id: str, given: Document) -> None:
    row = company.row(entity, id)
    company.rewrite(entity, row, {**read(row.body), **given.get("changes", {})})


def _void(company: Company, entity: Entity, id: str, _given: Document) -> None:
    company.void_row(entity, _free(company, entity, id))


def _delete(company: Company, entity: Entity, id: str, _given: Document) -> None:
    company.remove(entity, _free(company, entity, id))


def _free(company: Company, entity: Entity, id: str) -> Row:
    """What stands in no deposit; raises Fault 6540, on the screen as over the API."""
    row = company.row(entity, id)
    check_deposited(entity, read(row.body), company.store)
    return row


def _deactivate(company: Company, entity: Entity, id: str, _given: Document) -> None:
    company.set_active(entity, company.row(entity, id), False)


def _activate(company: Company, entity: Entity, id: str, _given: Document) -> None:
    company.set_active(entity, company.row(entity, id), True)


def _merge(company: Company, entity: Entity, id: str, given: Document) -> None:
    """The loser disappears, and everything that named it names the winner."""
    winner = str(given.get("into", ""))
    if id in _above(company, entity, winner):
        raise CannotDo(f"{entity.name} {winner} is {id}, or stands below it")
    found = company.store.rows(
        "select entity, id from document where body like ? and not (entity = ? and id = ?)",
        (f'%"value":"{id}"%', entity.name, id),
    )
    for other, other_id in found:
        row = company.row(by_name(other), other_id)
        before = read(row.body)
        after = _renamed(by_name(other), before, entity.name, id, winner)
        if write(after) != write(before):
            company.rewrite(by_name(other), row, after)
    company.remove(entity, company.row(entity, id), "merged")


def _above(company: Company, entity: Entity, id: str) -> Iterator[str]:
    """An object and what it stands below."""
    while id:
        yield id
        id = value_of(read(company.row(entity, id).body).get("ParentRef"))


def _renamed(entity: Entity, document: Document, target: str, loser: str, winner: str) -> Document:
    pointing = {f.steps[0] for f in entity.references() if f.to == target}
    return {
        key: {**value, "value": winner}
        if key in pointing and value_of(value) == loser
        else _replaced(value, target, loser, winner)
        for key, value in document.items()
    }


def _replaced(value: Any, target: str, loser: str, winner: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, target, loser, winner) for item in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("type", "")).lower() == target.lower() and value_of(value) == loser:
        return {**value, "value": winner}
    if value.get("Type") == target and value_of(value.get("EntityRef")) == loser:  # of a journal line
        return {**value, "EntityRef": {**value["EntityRef"], "value": winner}}
    return {
        key: {**inner, "value": winner}
        if LINE_REFERENCES.get(key) == target and value_of(inner) == loser
        else _replaced(inner, target, loser, winner)
        for key, inner in value.items()
    }


_ACTIONS = {
    "activate": _activate,
    "deactivate": _deactivate,
    "delete": _delete,
    "edit": _edit,
    "merge": _merge,
    "void": _void,
}
