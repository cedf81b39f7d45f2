"""The arithmetic of money in whole cents, by the rules that Intuit's pages state; nothing of the sandbox's code."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

TAX_PERCENT = 8  # of the one tax code that histories use


def rounded(amount: Fraction) -> int:
    """To the whole cent, halves away from zero."""
    return floor(amount + Fraction(1, 2)) if amount >= 0 else -floor(-amount + Fraction(1, 2))


@dataclass(frozen=True)
class Sold:
    """A line of a sales form: halves of pieces, price in cents."""

    item: str
    halves: int
    price: int
    taxable: bool

    @property
    def amount(self) -> int:
        """In cents."""
        return rounded(Fraction(self.halves * self.price, 2))


@dataclass(frozen=True)
class Terms:
    """How a sales form is reckoned: discount in percent, and whether it comes before the tax."""

    discount: int = 0
    taxed: bool = False
    tax_after_discount: bool = False


def total(lines: tuple[Sold, ...], terms: Terms) -> int:
    """What a sales form amounts to, in cents."""
    subtotal = sum(line.amount for line in lines)
    discount = rounded(Fraction(subtotal * terms.discount, 100))
    return subtotal - discount + (tax(lines, terms, subtotal, discount) if terms.taxed else 0)


def tax(lines: tuple[Sold, ...], terms: Terms, subtotal: int, discount: int) -> int:
    """Reckoned before the discount unless the form says otherwise."""
    taxable = sum(line.amount for line in lines if line.taxable)
    if terms.tax_after_discount and subtotal:
        taxable = rounded(Fraction(taxable * (subtotal - discount), subtotal))
    return rounded(Fraction(taxable * TAX_PERCENT, 100))


def number(cents: int) -> float:
    """As JSON has it."""
    return cents / 100
