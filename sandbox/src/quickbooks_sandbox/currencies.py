"""Documents in a foreign currency: their rate, their amounts at home, their postings in the home currency.

Amounts of a document, and of its lines, are in its own currency; the ledger is in the home currency. Which
currency a document may have is asked in `rules.currency`; what settling it gains or loses stands in `differences`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox.amounts import decimal, from_units, money, rounded, units
from quickbooks_sandbox.currency_names import currency_reference
from quickbooks_sandbox.exchange import rate_on
from quickbooks_sandbox.home import Home
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.store import Posting

# Its amounts have no total; a record shows neither a total nor one at home.
_WITHOUT_TOTAL = "JournalEntry"


def currency_of(document: Document, home: Home) -> str:
    """The code of a document's, a name's or an account's currency."""
    return value_of(document.get("CurrencyRef")) or home.currency


def rate_of(document: Document) -> Decimal:
    """Units of the home currency for one of the document's."""
    return decimal(document.get("ExchangeRate")) or Decimal(1)


def at_rate(amount: int, rate: Decimal) -> int:
    """An amount of the ledger in the home currency, to the cent."""
    return units(rounded(from_units(amount) * rate))


def with_home_amounts(entity: Entity, document: Document, home: Home) -> Document:
    """The document with the name of its currency, and where there are others, its rate and its total at home."""
    if "CurrencyRef.value" not in entity.by_path:
        return document
    found = {**document, "CurrencyRef": currency_reference(currency_of(document, home))}
    if not home.has_others or entity.shape is not Shape.TRANSACTION:
        return found
    if "ExchangeRate" in entity.by_path:
        is_home = currency_of(found, home) == home.currency
        found["ExchangeRate"] = Decimal(1) if is_home else rate_of(found)
    if "HomeTotalAmt" in entity.by_path and entity.name != _WITHOUT_TOTAL:
        found["HomeTotalAmt"] = money(rounded(decimal(found.get("TotalAmt")) * rate_of(found)))
    return found


def at_home(booked: list[Posting], document: Document, lookup: Lookup) -> list[Posting]:
    """Postings in the document's currency become postings in the home currency that still sum to zero."""
    code = currency_of(document, lookup.home)
    if code == lookup.home.currency:
        return [replace(posting, own=None) if posting.own is not None else posting for posting in booked]
    rate = rate_of(document) if "ExchangeRate" in document else _rate_of_the_day(document, code, lookup)
    found = [_converted(posting, code, rate, lookup) for posting in booked]
    rest = sum(posting.amount for posting in found)
    return _evened(found, rest, lookup) if rest else found


def _rate_of_the_day(document: Document, code: str, lookup: Lookup) -> Decimal:
    """For what has no rate of its own: transfers between two foreign accounts."""
    return rate_on(lookup, code, str(document.get("TxnDate", ""))) or Decimal(1)


def _converted(posting: Posting, code: str, rate: Decimal, lookup: Lookup) -> Posting:
    is_foreign = currency_of(lookup.get("Account", posting.account) or {}, lookup.home) == code
    if posting.own is not None:  # at home already
        return replace(posting, own=posting.own if is_foreign else None)
    own = posting.amount if is_foreign else None
    return replace(posting, amount=at_rate(posting.amount, rate), own=own)


def _evened(found: list[Posting], rest: int, lookup: Lookup) -> list[Posting]:
    """What rounding each amount has left over goes to the largest of the lines, or is an exchange difference."""
    at_large = [posting for posting in found if not posting.name and posting.own is None]
    if lookup.switches["rest_of_conversion"] == "exchange_difference" or not at_large:
        return [*found, Posting(lookup.exchange_difference, -rest)]
    largest = max(at_large, key=lambda posting: abs(posting.amount))
    return [
        replace(posting, amount=posting.amount - rest) if posting is largest else posting for posting in found
    ]
