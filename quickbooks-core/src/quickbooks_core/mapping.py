"""Documents to rows and back: the one place where JSON paths become columns.

Lossless by construction: what a column cannot hold reversibly (an unknown field, a value of another type,
an explicit null) stays in `extra`, under its own path. A row has only the columns that have a value.
The value of a column that is not selected appears nowhere, not even in `extra`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from quickbooks_core.catalog import by_name, by_prefix
from quickbooks_core.catalog.model import Entity, Field, Kind

Document = dict[str, Any]
Row = dict[str, Any]

EXTRA = "extra"
ID_MARK = "qbk_"
# What the merge itself needs; a user cannot deselect it.
AUTOMATIC = frozenset({"id", "sync_token", "created_at", "updated_at"})

# What QuickBooks writes on every full object and what therefore says nothing.
SILENT: dict[str, tuple[Any, ...]] = {"domain": ("QBO",), "sparse": (False, "false")}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# No more digits of a second than Postgres keeps; what is no hour or minute, some versions of Python take nevertheless.
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{3}|\.\d{6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
# What a converter answers when the value does not fit its column; it goes to `extra` instead.
_UNFIT: Any = object()

_Convert = Callable[[Any, Mapping[str, Any]], Any]
# Column, the type whose values it takes as they are, and what to do with all others.
_Slot = tuple[str, type | None, _Convert]


def our_id(entity: Entity, bare: str) -> str:
    """`qbk_cust58` of Customer 58."""
    return f"{ID_MARK}{entity.prefix}{bare}"


def bare_id(entity: Entity, ours: str) -> str:
    """`58` of `qbk_cust58`; raises ValueError when the id is not one of this object."""
    mark = ID_MARK + entity.prefix
    if not ours.startswith(mark) or len(ours) == len(mark):
        raise ValueError(f"{ours!r} is not an id of {entity.name}: those look like {mark}1")
    return ours[len(mark) :]


def split_id(ours: str) -> tuple[Entity, str]:
    """Object and bare Id of any of our ids; raises ValueError when the prefix is nobody's."""
    if ours.startswith(ID_MARK):
        rest = ours[len(ID_MARK) :]
        for length in range(6, 1, -1):
            if (entity := by_prefix(rest[:length])) and len(rest) > length:
                return entity, rest[length:]
    raise ValueError(f"{ours!r} is not an id of any QuickBooks object")


def document_id(entity: Entity, document: Mapping[str, Any]) -> str:
    """Our id of a document; raises KeyError when it has none."""
    return _id_of(entity, _unwrapped(entity, document)[1])


def to_row(entity: Entity, document: Mapping[str, Any], selected: frozenset[str] | None = None) -> Row:
    """The columns of a document as QuickBooks sent it (numbers as int or Decimal, never float).

    `selected` narrows them to some columns (and those the merge needs); None means all.
    """
    return mapper(entity, selected)(document)


@cache
def mapper(entity: Entity, selected: frozenset[str] | None = None) -> Callable[[Mapping[str, Any]], Row]:
    """`to_row` of one object and selection, compiled: for many documents in a row."""
    plan = _plan(entity, selected)
    flat, nested, dropped = plan.flat, plan.nested, plan.dropped
    wrapped = entity.wrapped

    def to_row(document: Mapping[str, Any]) -> Row:
        kind_of_txn, inner = _unwrapped(entity, document) if wrapped else ("", document)
        row: Row = {}
        extra: Document = {}
        if kind_of_txn and plan.with_type:
            row["txn_type"] = kind_of_txn
        for key, value in inner.items():
            if (slot := flat.get(key)) is not None:
                column, plain, convert = slot
                if type(value) is plain:
                    row[column] = value
                elif (held := convert(value, inner)) is not _UNFIT:
                    row[column] = held
                else:
                    extra[key] = value
            elif (parts := nested.get(key)) is not None:
                parts.read(key, value, inner, row, extra)
            elif key not in dropped and value not in SILENT.get(key, ()):
                extra[key] = value
        if extra and plan.with_extra:
            row[EXTRA] = extra
        if "id" not in row:  # it is made of other values, or is not what an Id should be
            row["id"] = _id_of(entity, inner)
        return row

    return to_row


def to_document(entity: Entity, row: Mapping[str, Any]) -> Document:
    """The document of a row; `domain` and `sparse` are left out, instants come in UTC."""
    inner: Document = {}
    for field in entity.fields:
        value = row.get(field.column)
        if value is None or field.path.startswith("$"):
            continue
        _put(inner, field.steps, _from_column(entity, field, value))
    _merge(inner, row.get(EXTRA) or {})
    return {row["txn_type"]: inner} if entity.wrapped else inner


@dataclass(frozen=True)
class _Nested:
    """The columns of one object inside the document, such as an address or a reference."""

    slots: Mapping[str, _Slot]
    dropped: frozenset[str]

    def read(self, key: str, value: Any, document: Mapping[str, Any], row: Row, extra: Document) -> None:
        """Moves what has a column into the row, and the rest into `extra`."""
        if type(value) is not dict or not value:
            # Of another shape than known: what was not selected could stand anywhere in it.
            if not self.dropped or not value:
                extra[key] = value
            return
        slots = self.slots
        left: Document = {}
        for step, part in value.items():
            if (slot := slots.get(step)) is not None:
                column, plain, convert = slot
                if type(part) is plain:
                    row[column] = part
                    continue
                if (held := convert(part, document)) is not _UNFIT:
                    row[column] = held
                    continue
            elif step in self.dropped:
                continue
            left[step] = part
        if left:
            extra[key] = left


@dataclass(frozen=True)
class _Plan:
    """Where each top-level key of an object goes."""

    flat: Mapping[str, _Slot]
    nested: Mapping[str, _Nested]
    dropped: frozenset[str]
    with_type: bool
    with_extra: bool


def _plan(entity: Entity, selected: frozenset[str] | None) -> _Plan:
    def wanted(column: str) -> bool:
        return selected is None or column in selected or column in AUTOMATIC

    flat: dict[str, _Slot] = {}
    dropped: set[str] = set()
    nested: dict[str, list[Field]] = {}
    for field in entity.fields:
        head, *rest = field.steps
        if rest:
            nested.setdefault(head, []).append(field)
        elif not wanted(field.column):
            dropped.add(head)
        elif not head.startswith("$"):
            flat[head] = _slot(entity, field)
    parts: dict[str, _Nested] = {}
    for head, fields in nested.items():
        kept = {field.steps[1]: _slot(entity, field) for field in fields if wanted(field.column)}
        if kept:
            parts[head] = _Nested(kept, frozenset(field.steps[1] for field in fields) - kept.keys())
        else:  # an address without any of its columns leaves no trace, its coordinates included
            dropped.add(head)
    return _Plan(flat, parts, frozenset(dropped), wanted("txn_type"), wanted(EXTRA))


def _slot(entity: Entity, field: Field) -> _Slot:
    if field.kind is Kind.ID:
        return field.column, None, _prefixed(entity)
    if field.kind is Kind.REF:
        return field.column, None, _prefixed(by_name(field.to)) if field.to else _polymorphic(field)
    if field.quoted:
        return field.column, None, _unquoting(*_BY_KIND[field.kind])
    return field.column, *_BY_KIND[field.kind]


def _prefixed(target: Entity) -> _Convert:
    mark = our_id(target, "")
    return lambda value, _: mark + value if type(value) is str and value else _UNFIT


def _unquoting(plain: type | None, convert: _Convert) -> _Convert:
    """Takes `"10.00"` for 10.00 and `"false"` for false, and what comes without quotes as it is."""

    def unquoted(value: Any, document: Mapping[str, Any]) -> Any:
        if type(value) is str:
            value = _BOOLEANS[value] if value in _BOOLEANS else _number(value)
        return value if type(value) is plain else convert(value, document)

    return unquoted


def _number(text: str) -> Any:
    return Decimal(text) if _NUMBER.fullmatch(text) else _UNFIT


def _polymorphic(field: Field) -> _Convert:
    steps = field.type_path.split(".")

    def convert(value: Any, document: Mapping[str, Any]) -> Any:
        named: Any = document
        for step in steps:
            named = named.get(step) if isinstance(named, dict) else None
        mark = _mark_of(named) if type(named) is str else None
        return mark + value if mark and type(value) is str and value else _UNFIT

    return convert


def _mark_of(name: str) -> str | None:
    """`qbk_vend` of Vendor; None of what has no ids."""
    try:
        target = by_name(name)
    except KeyError:
        return None
    return our_id(target, "") if target.prefix else None


def _unfit(_value: Any, _document: Mapping[str, Any]) -> Any:
    return _UNFIT


def _integer(value: Any, _document: Mapping[str, Any]) -> Any:
    return value if type(value) is int and -(2**63) <= value < 2**63 else _UNFIT


def _decimal(value: Any, _document: Mapping[str, Any]) -> Any:
    return value if type(value) is int else _UNFIT


def _date(value: Any, _document: Mapping[str, Any]) -> Any:
    return value if type(value) is str and _is_date(value) else _UNFIT


def _instant(value: Any, _document: Mapping[str, Any]) -> Any:
    return _in_utc(value) if type(value) is str else _UNFIT


def _json(value: Any, _document: Mapping[str, Any]) -> Any:
    return value if isinstance(value, dict | list) else _UNFIT


_BY_KIND: dict[Kind, tuple[type | None, _Convert]] = {
    Kind.TEXT: (str, _unfit),
    Kind.BOOLEAN: (bool, _unfit),
    Kind.INTEGER: (None, _integer),
    Kind.NUMBER: (Decimal, _decimal),
    Kind.MONEY: (Decimal, _decimal),
    Kind.DATE: (None, _date),
    Kind.TIMESTAMP: (None, _instant),
    Kind.JSON: (list, _json),
}


# Many rows share a day, and most rows two equal instants.
@lru_cache(maxsize=4096)
def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _in_utc(text: str) -> Any:
    if not _INSTANT.fullmatch(text):
        return _UNFIT
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):  # a thirteenth month; the first hours of the year 1
        return _UNFIT


def _unwrapped(entity: Entity, document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if not entity.wrapped:
        return "", document
    ((kind_of_txn, inner),) = document.items()
    return kind_of_txn, inner


def _id_of(entity: Entity, inner: Mapping[str, Any]) -> str:
    bare = [inner[path] for path in entity.id_paths]
    if None in bare or "" in bare:
        raise KeyError(entity.id_paths)
    return f"{ID_MARK}{entity.prefix}{'-'.join(map(str, bare))}"


def _from_column(entity: Entity, field: Field, value: Any) -> Any:
    if field.kind is Kind.ID:
        return bare_id(entity, value)
    if field.kind is Kind.REF:
        return bare_id(by_name(field.to), value) if field.to else split_id(value)[1]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if field.quoted:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _put(document: Document, steps: tuple[str, ...], value: Any) -> None:
    for step in steps[:-1]:
        document = document.setdefault(step, {})
    document[steps[-1]] = value


def _merge(document: Document, extra: Mapping[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        else:
            document[key] = value
