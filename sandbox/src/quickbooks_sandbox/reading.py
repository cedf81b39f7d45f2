"""A request's JSON as the service reads it: values become the kinds of the schema, or the request is refused.

Strings that are numbers become numbers, numbers where text belongs become text, as with the service's own
reader. Whether the values make sense is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from quickbooks_sandbox.json_text import Document, write
from quickbooks_sandbox.shapes import Property, Shape, shape_of

DEEPEST = 40
# Beyond these, a number is none of the service's own: it counts in 32 bits, and in decimals of 10 and 5 digits.
_INTEGERS = range(-(2**31), 2**31)
_DIGITS = 40


class Unreadable(Exception):
    """A value that is not of its property's kind, or a property that is not there."""

    def __init__(self, path: str, kind: str, value: Any) -> None:
        super().__init__(f"{path} is no {kind}")
        self.path = path
        self.kind = kind
        self.value = value


def understood(key: str, document: Document) -> Document:
    """The document of an object in the service's own kinds; raises Unreadable."""
    shape = shape_of(key)
    if shape is None:
        raise Unreadable(key, "object", document)
    return _part(shape, document, "")


def depth_of(value: Any) -> int:
    """How deep a value is nested; counted without recursion, for it comes from outside."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(inner, dict):
            waiting += [(item, depth + 1) for item in inner.values()]
        elif isinstance(inner, list):
            waiting += [(item, depth + 1) for item in inner]
    return deepest


def _part(shape: Shape, value: Any, path: str) -> Document:
    if not isinstance(value, dict):
        raise Unreadable(path, "object", value)
    return {key: _property(shape.get(key), item, f"{path}.{key}".lstrip(".")) for key, item in value.items()}


def _property(property: Property | None, value: Any, path: str) -> Any:
    if property is None:
        raise Unreadable(path, "property", value)
    if property.many:
        if not isinstance(value, list):
            raise Unreadable(path, "list", value)
        return [_value(property, item, path) for item in value]
    return _value(property, value, path)


def _value(property: Property, value: Any, path: str) -> Any:
    if value is None:
        return None
    read = _SCALARS.get(property.kind)
    if read is None:
        return _part(shape_of(property.kind) or {}, value, path)
    try:
        return read(value, property)
    except (ValueError, KeyError, ArithmeticError):
        raise Unreadable(path, property.kind, value) from None


def _text(value: Any, _property: Property) -> str:
    if isinstance(value, dict | list):
        raise ValueError
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text.encode()  # half a character of two, as JSON can spell it, is no text
    return text


def _word(value: Any, property: Property) -> str:
    text = _text(value, property)
    if text not in property.words:
        raise ValueError
    return text


def _boolean(value: Any, _property: Property) -> bool:
    return _BOOLEANS[str(value).lower()]


def _number(value: Any, property: Property) -> Any:
    if isinstance(value, bool | dict | list):
        raise ValueError
    number = Decimal(_text(value, property).strip())
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS or len(number.as_tuple().digits) > _DIGITS:
        raise ValueError
    return value if isinstance(value, int) and value in _INTEGERS else number


def _integer(value: Any, property: Property) -> int:
    number = Decimal(_number(value, property))
    if number != number.to_integral_value() or int(number) not in _INTEGERS:
        raise ValueError
    return int(number)


def _date(value: Any, property: Property) -> str:
    text = _text(value, property)
    date.fromisoformat(text[:10])
    return text[:10]


def _anything(value: Any, _property: Property) -> Any:
    write(value).encode()  # what cannot be written again is no JSON of ours
    return value


_BOOLEANS = {"true": True, "false": False}
_SCALARS: dict[str, Callable[[Any, Property], Any]] = {
    "any": _anything,
    "text": _text,
    "time": _text,
    "enum": _word,
    "boolean": _boolean,
    "number": _number,
    "integer": _integer,
    "date": _date,
}
