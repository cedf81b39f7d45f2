"""Documents to rows and back: the one place where JSON paths become columns.

Lossless by construction: what a column cannot hold reversibly (an unknown field, a value of another type,
an explicit null) stays in `extra`, under its own path. A row has only the columns that have a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from quickbooks_core.catalog import by_name, by_prefix
from quickbooks_core.catalog.model import Entity, Field, Kind

Document = dict[str, Any]
Row = dict[str, Any]

EXTRA = "extra"
ID_MARK = "qbk_"

# What QuickBooks writes on every full object and what therefore says nothing.
_SILENT: dict[str, Any] = {"domain": "QBO", "sparse": False}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class NotRepresentable(ValueError):
    """The value does not fit the kind of its column; it goes to `extra` instead."""


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
            if entity := by_prefix(rest[:length]):
                return entity, rest[length:]
    raise ValueError(f"{ours!r} is not an id of any QuickBooks object")


def document_id(entity: Entity, document: Mapping[str, Any]) -> str:
    """Our id of a document; raises KeyError when it has none."""
    inner = _unwrapped(entity, document)[1]
    return our_id(entity, "-".join(str(inner[path]) for path in entity.id_paths))


def to_row(entity: Entity, document: Mapping[str, Any]) -> Row:
    """The columns of a document as QuickBooks sent it (numbers as int or Decimal, never float)."""
    kind_of_txn, inner = _unwrapped(entity, document)
    row: Row = {"id": document_id(entity, document)}
    extra: Document = {}
    if kind_of_txn:
        row["txn_type"] = kind_of_txn
    readers = _readers(entity)
    for key, value in inner.items():
        reader = readers.get(key)
        if reader is not None:
            reader(value, inner, row, extra)
        elif key not in _SILENT or value != _SILENT[key]:
            extra[key] = value
    if extra:
        row[EXTRA] = extra
    return row


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


def _unwrapped(entity: Entity, document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if not entity.wrapped:
        return "", document
    ((kind_of_txn, inner),) = document.items()
    return kind_of_txn, inner


_Reader = Callable[[Any, Mapping[str, Any], Row, Document], None]


@cache
def _readers(entity: Entity) -> dict[str, _Reader]:
    """One reader for each top-level key of the object."""
    flat: dict[str, Field] = {}
    nested: dict[str, dict[str, Field]] = {}
    for field in entity.fields:
        head, *rest = field.steps
        if rest:
            nested.setdefault(head, {})[rest[0]] = field
        elif not head.startswith("$"):
            flat[head] = field
    readers: dict[str, _Reader] = {key: _flat_reader(entity, key, field) for key, field in flat.items()}
    return readers | {key: _nested_reader(entity, key, fields) for key, fields in nested.items()}


def _flat_reader(entity: Entity, key: str, field: Field) -> _Reader:
    convert = _converter(entity, field)
    column = field.column

    def read(value: Any, document: Mapping[str, Any], row: Row, extra: Document) -> None:
        try:
            row[column] = convert(value, document)
        except NotRepresentable:
            extra[key] = value

    return read


def _nested_reader(entity: Entity, key: str, fields: Mapping[str, Field]) -> _Reader:
    converters = {step: (field.column, _converter(entity, field)) for step, field in fields.items()}

    def read(value: Any, document: Mapping[str, Any], row: Row, extra: Document) -> None:
        if not isinstance(value, dict) or not value:
            extra[key] = value
            return
        left: Document = {}
        for step, part in value.items():
            target = converters.get(step)
            if target is None:
                left[step] = part
                continue
            try:
                row[target[0]] = target[1](part, document)
            except NotRepresentable:
                left[step] = part
        if left:
            extra[key] = left

    return read


_Converter = Callable[[Any, Mapping[str, Any]], Any]


def _converter(entity: Entity, field: Field) -> _Converter:
    if field.kind is Kind.ID:
        return lambda value, _: our_id(entity, _text(value))
    if field.kind is Kind.REF:
        if field.to:
            target = by_name(field.to)
            return lambda value, _: our_id(target, _filled(value))
        return lambda value, document: _polymorphic(field, value, document)
    convert = _BY_KIND[field.kind]
    return lambda value, _: convert(value)


def _polymorphic(field: Field, value: Any, document: Mapping[str, Any]) -> str:
    named: Any = document
    for step in field.type_path.split("."):
        named = named.get(step) if isinstance(named, dict) else None
    try:
        return our_id(by_name(str(named)), _filled(value))
    except KeyError:
        raise NotRepresentable from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise NotRepresentable


def _filled(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise NotRepresentable


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise NotRepresentable


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise NotRepresentable


def _decimal(value: Any) -> int | Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    raise NotRepresentable


def _date(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            raise NotRepresentable from None
        return value
    raise NotRepresentable


def _instant(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        raise NotRepresentable from None
    if moment.tzinfo is None:
        raise NotRepresentable
    return moment.astimezone(UTC).isoformat()


def _json(value: Any) -> Any:
    if value is None:
        raise NotRepresentable
    return value


_BY_KIND: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _decimal,
    Kind.MONEY: _decimal,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _instant,
    Kind.JSON: _json,
}


def _from_column(entity: Entity, field: Field, value: Any) -> Any:
    if field.kind is Kind.ID:
        return bare_id(entity, value)
    if field.kind is Kind.REF:
        return bare_id(by_name(field.to), value) if field.to else split_id(value)[1]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
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
