"""A column's value as the JSON of a request has it, exact; raises Misfit where the column cannot hold it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from quickbooks_core.catalog import by_name
from quickbooks_core.catalog.model import Field, Kind
from quickbooks_core.mapping import bare_id, split_id
from quickbooks_core.writing.references import with_bare_ids
from quickbooks_core.writing.refused import Misfit, Problem

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SHOWN = 60
# No amount has as many; written without its exponent, 1e999999999 would be a gigabyte.
_DIGITS = 40


def is_empty(value: Any) -> bool:
    """Whether QuickBooks would read the value as not given."""
    return value is None or (isinstance(value, str | dict | list) and not value)


def json_value(field: Field, value: Any) -> Any:
    """What a request says for a column that is not empty."""
    found = _KINDS[field.kind](field, value)
    if field.quoted:
        return str(found).lower() if isinstance(found, bool) else str(found)
    return found


def exact(value: Any) -> Decimal | None:
    """The number that a value is, whichever type carries it; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        # The shortest decimal that gives this double is the one that the JSON had.
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    is_writable = number.is_finite() and abs(number.adjusted()) <= _DIGITS
    return number if is_writable else None


def instant(value: Any) -> datetime | None:
    """The moment that a value is; None where it is none, or says no offset."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def _id(_field: Field, value: Any) -> Any:
    raise Misfit(f"QuickBooks gives it, not {_shown(value)}", Problem.READ_ONLY)


def _reference(field: Field, value: Any) -> str:
    text = _text_of(value)
    try:
        return bare_id(by_name(field.to), text) if field.to else split_id(text)[1]
    except ValueError as error:
        hint = f"Take it from the column id of {by_name(field.to).table}." if field.to else ""
        raise Misfit(str(error), Problem.WRONG_ID, hint) from None


def _text(field: Field, value: Any) -> str:
    text = _text_of(value)
    if field.max_length and len(text) > field.max_length:
        raise Misfit(
            f"it takes at most {field.max_length} characters, not {len(text)}", hint="Shorten the value."
        )
    return text


def _text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise Misfit(f"it takes text, not {_shown(value)}")
    return value


def _boolean(_field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Misfit(f"it takes true or false, not {_shown(value)}")
    return value


def _integer(_field: Field, value: Any) -> int:
    number = exact(value)
    if number is None or number != number.to_integral_value():
        raise Misfit(f"it takes a whole number, not {_shown(value)}")
    return int(number)


def _number(_field: Field, value: Any) -> Decimal | int:
    number = exact(value)
    if number is None:
        raise Misfit(f"it takes a number, not {_shown(value)}")
    # Never with an exponent, which Postgres and QuickBooks do not write either.
    return value if type(value) is int else Decimal(format(number, "f"))


def _date(_field: Field, value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise Misfit(f"it takes a date such as 2026-02-28, not {_shown(value)}")


def _timestamp(_field: Field, value: Any) -> str:
    moment = instant(value)
    if moment is None:
        raise Misfit(f"it takes a time with its offset, not {_shown(value)}")
    return moment.astimezone(_pacific()).isoformat()


def _json(_field: Field, value: Any) -> Any:
    if not isinstance(value, dict | list):
        raise Misfit(f"it takes a JSON object or array, not {_shown(value)}")
    return with_bare_ids(value)


@cache
def _pacific() -> ZoneInfo:
    """The offset of QuickBooks' own answers. It takes the hour of a time as it is written, whatever the offset."""
    return ZoneInfo("America/Los_Angeles")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


_KINDS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.ID: _id,
    Kind.REF: _reference,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
    Kind.JSON: _json,
}
