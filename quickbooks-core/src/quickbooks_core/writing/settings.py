"""The columns of a change, checked: which places of the document they set, and to what. Refuses by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from quickbooks_core.catalog.model import Access, Entity, Field, Kind
from quickbooks_core.mapping import EXTRA, split_id
from quickbooks_core.writing.change import Action, Change
from quickbooks_core.writing.refused import ChangeRefused, Misfit, Problem
from quickbooks_core.writing.values import is_empty, json_value

# A changed one is no value to write, but the version that the change was made for.
LOCK = "sync_token"
_COMPUTED = "Leave it out: QuickBooks works it out by itself."
_GIVEN = "Leave it out: QuickBooks gives it, and RETURNING id tells it."


@dataclass(frozen=True)
class Setting:
    """One place of the document and its new value in JSON; None clears it."""

    field: Field
    value: Any

    @property
    def head(self) -> str:
        """The top-level key."""
        return self.field.steps[0]


def settings_of(change: Change) -> list[Setting]:
    """What a create or an update sets, in the catalogue's order; raises ChangeRefused."""
    given = dict(change.values)
    if change.action is not Action.CREATE and len(given) > 1:
        given.pop(LOCK, None)  # alone it locks nothing, and is a column like any other
    found = [_setting(change, column, value) for column, value in given.items()]
    by_column = {setting.field.column: setting for setting in found if setting is not None}
    by_column |= {typed.field.column: typed for typed in _types(change, by_column)}
    order = list(change.entity.columns)
    settings = sorted(by_column.values(), key=lambda setting: order.index(setting.field.column))
    _require(change, settings)
    return settings


def known_settings(entity: Entity, row: Mapping[str, Any], heads: Collection[str]) -> list[Setting]:
    """What a row of ours says of some top-level keys that a client may set; nothing of what is empty there."""
    fields = (f for f in entity.fields if f.steps[0] in heads and f.access is Access.WRITE)
    known = ((field, row.get(field.column)) for field in fields)
    return [Setting(field, json_value(field, value)) for field, value in known if not is_empty(value)]


def writable_columns(entity: Entity, action: Action) -> tuple[str, ...]:
    """The columns that a create or an update may set."""
    allowed = {Access.WRITE, Access.CREATE} if action is Action.CREATE else {Access.WRITE}
    return tuple(column for column, field in entity.columns.items() if field.access in allowed)


def column_of(entity: Entity, head: str) -> str:
    """The column under which a client knows a top-level key of the document; empty where there is none."""
    fields = [field for field in entity.fields if field.steps[0] == head]
    fields.sort(key=lambda field: field.access is Access.READ)
    return fields[0].column if fields else ""


def _setting(change: Change, column: str, value: Any) -> Setting | None:
    if change.action is Action.CREATE and is_empty(value):
        return None  # a row that is inserted has every column of its table
    field = _writable_field(change, column)
    try:
        return Setting(field, None if is_empty(value) else json_value(field, value))
    except Misfit as misfit:
        words = f"cannot set column {column}: {misfit}"
        raise _refused(change, misfit.problem, words, column, misfit.hint) from None


def _writable_field(change: Change, column: str) -> Field:
    field = change.entity.columns.get(column)
    if field is None and column != EXTRA:
        near = get_close_matches(column, change.entity.columns, 1)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise _refused(change, Problem.UNKNOWN_COLUMN, f"has no column {column}", column, hint)
    if field is None or field.access is Access.READ:
        words = f"cannot set column {column}: only QuickBooks does"
        is_id = field is not None and field.kind is Kind.ID
        raise _refused(change, Problem.READ_ONLY, words, column, _GIVEN if is_id else _COMPUTED)
    if field.access is Access.CREATE and change.action is not Action.CREATE:
        words = f"cannot change column {column}: it is set once, on create"
        raise _refused(change, Problem.CREATE_ONLY, words, column, "Leave the column as it is.")
    return field


def _types(change: Change, settings: dict[str, Setting]) -> Iterator[Setting]:
    """The type beside a reference to anything follows from our id, and must not contradict it."""
    for field in change.entity.references():
        if not field.type_path:
            continue
        beside = change.entity.by_path[field.type_path]
        reference, told = settings.get(field.column), settings.get(beside.column)
        if reference is not None:
            ours = change.values[field.column]
            follows = None if reference.value is None else split_id(ours)[0].name
            if told and told.value and follows and told.value.lower() != follows.lower():
                words = (
                    f"cannot set column {field.column}: {ours!r} is an id of {follows}, not of {told.value}"
                )
                raise _refused(change, Problem.WRONG_ID, words, field.column, f"Leave {beside.column} out.")
            yield Setting(beside, follows)
        elif told is not None:
            words = f"cannot set column {beside.column}: it follows from {field.column}"
            raise _refused(change, Problem.WRONG_ID, words, beside.column, f"Set {field.column} instead.")


def _require(change: Change, settings: list[Setting]) -> None:
    entity, heads = change.entity, {setting.head for setting in settings}
    for head in (*entity.required, *(["$type"] if entity.wrapped else [])):
        is_missing = head not in heads and change.action is Action.CREATE
        if is_missing or (head in heads and _is_cleared(head, settings)):
            column = column_of(entity, head)
            hint = f"QuickBooks keeps no {entity.name} without it."
            raise _refused(change, Problem.REQUIRED, f"needs a value in column {column}", column, hint)


def _is_cleared(head: str, settings: list[Setting]) -> bool:
    return all(setting.value is None for setting in settings if setting.head == head)


def _refused(change: Change, problem: Problem, words: str, column: str, hint: str) -> ChangeRefused:
    return ChangeRefused(problem, change.entity, words, id=change.id, column=column, hint=hint)
