"""Which currency a document may be in, and at which rate; what is left out is filled in where the service does so.

A customer, vendor or account has one currency for good. A document is in the currency of whom it concerns; money
may go to an account at home. Amounts are none of this module's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog import Entity, Shape

from quickbooks_sandbox import refusals
from quickbooks_sandbox.currencies import currency_of
from quickbooks_sandbox.currency_names import CURRENCY_NAMES
from quickbooks_sandbox.exchange import rate_on
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.links import links
from quickbooks_sandbox.lookup import Lookup, value_of

_NAMES = ("Customer", "Vendor", "Account")
_PARTIES = ("CustomerRef", "VendorRef")
_ACCOUNTS = (
    "AccountRef", "DepositToAccountRef", "APAccountRef", "ARAccountRef", "FromAccountRef", "ToAccountRef",
    "BankAccountRef", "CreditCardAccountRef",
)  # fmt: skip
# Money only changes its place here, and has one amount: both places are of one currency.
_BETWEEN_ACCOUNTS = ("Transfer", "CreditCardPayment")
_PAID_FROM = (("CheckPayment", "BankAccountRef"), ("CreditCardPayment", "CCAccountRef"))


def settle_currency(entity: Entity, before: Document, after: Document, lookup: Lookup) -> None:
    """Gives a document its currency and rate, or refuses it."""
    if entity.name == "CompanyCurrency":
        _check_listed(after, lookup)
    if "CurrencyRef.value" not in entity.by_path:
        return
    if not lookup.home.has_others:
        _check_alone(before, after, lookup)
    elif entity.name in _NAMES:
        if not before:
            _settle_name(entity, after, lookup)
    elif entity.shape is Shape.TRANSACTION:
        _settle_document(entity, after, lookup)


def _check_listed(after: Document, lookup: Lookup) -> None:
    """An entry of the currency list: of a currency there is, other than that of home."""
    if not lookup.home.has_others:
        raise refusals.multicurrency_off()
    code = str(after.get("Code", ""))
    if code not in CURRENCY_NAMES or code == lookup.home.currency:
        raise refusals.invalid_currency(code)


def _check_alone(before: Document, after: Document, lookup: Lookup) -> None:
    code = value_of(after.get("CurrencyRef"))
    is_refused = not before and lookup.switches["home_currency_alone"] == "refuse"
    if code and (code != lookup.home.currency or is_refused):
        raise refusals.multicurrency_off()
    after.pop("ExchangeRate", None)


def _settle_name(entity: Entity, after: Document, lookup: Lookup) -> None:
    code = value_of(after.get("CurrencyRef"))
    if lookup.switches[f"currency_of_a_new_{entity.name.lower()}"] == "home":
        after.pop("CurrencyRef", None)
    elif code and code not in CURRENCY_NAMES:
        raise refusals.invalid_currency(code)


def _settle_document(entity: Entity, after: Document, lookup: Lookup) -> None:
    home = lookup.home.currency
    parties = set(_currencies(_parties(after), lookup))
    accounts = set(_currencies(_accounts(after), lookup))
    if entity.name not in _BETWEEN_ACCOUNTS:
        accounts -= {home}
    linked = set(_linked(entity, after, lookup))
    code = value_of(after.get("CurrencyRef")) or _left_out([*parties, *linked, *accounts], lookup)
    if (parties | accounts | linked) - {code}:
        raise _mismatch(lookup)
    _check_in_use(code, lookup)
    after["CurrencyRef"] = {"value": code}
    if code == home:
        after.pop("ExchangeRate", None)
    elif "ExchangeRate" in entity.by_path and not after.get("ExchangeRate"):
        after["ExchangeRate"] = _rate_left_out(code, after, lookup)


def _left_out(candidates: list[str], lookup: Lookup) -> str:
    of_the_name = lookup.switches["currency_left_out"] == "of_the_name"
    return candidates[0] if candidates and of_the_name else lookup.home.currency


def _mismatch(lookup: Lookup) -> Exception:
    if lookup.switches["currency_mismatch"] == "one_foreign":
        return refusals.one_foreign_currency()
    return refusals.currency_not_of_the_name()


def _check_in_use(code: str, lookup: Lookup) -> None:
    listed = lookup.listed_currency(code)
    if listed and listed.get("Active") is False and lookup.switches["currency_out_of_use"] == "refuse":
        raise refusals.inactive_reference("610")


def _rate_left_out(code: str, document: Document, lookup: Lookup) -> Decimal:
    answer = lookup.switches["exchange_rate_left_out"]
    if answer == "refuse":
        raise refusals.rate_missing()
    known = rate_on(lookup, code, str(document.get("TxnDate", ""))) if answer == "of_the_day" else None
    return known or Decimal(1)


_Named = Iterator[tuple[str, str]]


def _parties(document: Document) -> _Named:
    """(object, id) of whom a document concerns."""
    for key in _PARTIES:
        yield key.removesuffix("Ref"), value_of(document.get(key))
    entity = document.get("EntityRef") or {}
    yield str(entity.get("type", "")), value_of(entity)
    for line in document.get("Line") or ():
        person = (line.get("JournalEntryLineDetail") or {}).get("Entity") or {}
        yield str(person.get("Type", "")), value_of(person.get("EntityRef"))
        person = (line.get("DepositLineDetail") or {}).get("Entity") or {}
        yield str(person.get("type", "")).capitalize(), value_of(person)


def _accounts(document: Document) -> _Named:
    for key in _ACCOUNTS:
        yield "Account", value_of(document.get(key))
    for way, key in _PAID_FROM:
        yield "Account", value_of((document.get(way) or {}).get(key))
    for line in document.get("Line") or ():
        detail: Any = line.get(str(line.get("DetailType"))) or {}
        yield "Account", value_of(detail.get("AccountRef"))


def _currencies(named: _Named, lookup: Lookup) -> Iterator[str]:
    for kind, id in named:
        found = lookup.get(kind, id) if kind and id else None
        if found and kind != "Employee":
            yield currency_of(found, lookup.home)


def _linked(entity: Entity, document: Document, lookup: Lookup) -> Iterator[str]:
    for link in links(entity.name, document):
        found = lookup.get(link.target, link.target_id)
        if found:
            yield currency_of(found, lookup.home)
