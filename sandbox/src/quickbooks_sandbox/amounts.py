"""Money and quantities: exact decimals in documents, whole hundred-thousandths in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_CENT = Decimal("0.01")
_UNIT = Decimal(100_000)
ZERO = Decimal(0)


def decimal(value: Any) -> Decimal:
    """A number of JSON, or zero where there is none."""
    return Decimal(str(value)) if value not in (None, "") else ZERO


def money(value: Any) -> Decimal:
    """As QuickBooks writes money: at least two decimals, but zero is `0`."""
    amount = decimal(value)
    if not amount:
        return ZERO
    exponent = amount.as_tuple().exponent
    return amount if isinstance(exponent, int) and exponent <= -2 else amount.quantize(_CENT)


def plain(value: Any) -> Decimal:
    """As QuickBooks writes quantities, prices and rates: without padding."""
    amount = decimal(value)
    if amount == amount.to_integral_value():
        return amount.quantize(Decimal(1))
    return amount.normalize()


def rounded(value: Decimal) -> Decimal:
    """To the cent, halves away from zero."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def line_sum(lines: Iterable[Any]) -> Decimal:
    """What the lines of a document come to."""
    return rounded(sum((decimal(line.get("Amount")) for line in lines), ZERO))


def units(value: Any) -> int:
    """The ledger's whole number."""
    return int((decimal(value) * _UNIT).to_integral_value(ROUND_HALF_UP))


def from_units(amount: int) -> Decimal:
    """The ledger's number as a decimal."""
    return Decimal(amount) / _UNIT
