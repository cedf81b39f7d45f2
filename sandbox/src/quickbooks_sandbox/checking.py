"""Whether an incoming document may be written, by the catalogue: names, types, lengths, what is required.

References, names and tokens need the company and are checked by `company`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from quickbooks_core.catalog import Entity, Field, Kind

from quickbooks_sandbox import faults
from quickbooks_sandbox.accepted import is_accepted
from quickbooks_sandbox.json_text import Document

_SYSTEM = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status"})
_NUMBERS = (Kind.MONEY, Kind.NUMBER, Kind.INTEGER)


def check(entity: Entity, document: Document) -> None:
    """Unknown properties, types and lengths; raises Fault."""
    for key, value in document.items():
        if key in _SYSTEM:
            continue
        fields = _fields(entity).get(key)
        if fields is None:
            if not is_accepted(entity.key, key):
                raise faults.unknown_property(key)
        else:
            for field in fields:
                _check_field(field, value)


def require(entity: Entity, document: Document) -> None:
    """What a create needs; raises Fault."""
    for name in entity.required:
        if name not in document:
            raise faults.required(name)


@cache
def _fields(entity: Entity) -> dict[str, tuple[Field, ...]]:
    """Top-level key → the fields below it."""
    found: dict[str, tuple[Field, ...]] = {}
    for field in entity.fields:
        found[field.steps[0]] = (*found.get(field.steps[0], ()), field)
    return found


def _check_field(field: Field, value: Any) -> None:
    if len(field.steps) == 2:
        if not isinstance(value, dict):
            raise faults.wrong_type(field.steps[0])
        value = value.get(field.steps[1])
    if value is None or field.kind is Kind.JSON:
        return
    if field.kind in _NUMBERS and not field.quoted:
        _check_number(field, value)
    elif field.kind is Kind.BOOLEAN:
        if str(value).lower() not in ("true", "false"):
            raise faults.wrong_type(field.path)
    elif isinstance(value, dict | list):
        raise faults.wrong_type(field.path)
    elif field.kind is Kind.DATE:
        _check_date(field, str(value))
    elif field.max_length and len(str(value)) > field.max_length:
        raise faults.too_long(field.path, field.max_length, len(str(value)))


def _check_number(field: Field, value: Any) -> None:
    try:
        Decimal(str(value))
    except ArithmeticError:
        raise faults.not_a_number(field.path, value) from None


def _check_date(field: Field, text: str) -> None:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        raise faults.not_a_date(field.path, text) from None
