"""The company's exchange rates: one a currency and day, without an Id.

A day without a rate of its own has that of the newest day before it. There is no create: an update makes the row.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from quickbooks_core.catalog import by_name

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import decimal
from quickbooks_sandbox.arrange import arranged
from quickbooks_sandbox.clock import Clock, stamp
from quickbooks_sandbox.currency_names import CURRENCY_NAMES
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.lookup import Lookup
from quickbooks_sandbox.store import Row, Store

_NAME = "ExchangeRate"


def rate_on(lookup: Lookup, code: str, day: str) -> Decimal | None:
    """The rate of a currency on a day."""
    found = lookup.rate_row(code, day)
    return decimal(read(found)["Rate"]) if found else None


def asked(store: Store, clock: Clock, code: str, day: str) -> str:
    """The answer to who asks for one currency's rate: that of the day, whenever it was set."""
    lookup = Lookup(store)
    _check(lookup, code)
    wanted = day or clock.today().isoformat()
    found = lookup.rate_row(code, wanted)
    if found is None:
        raise faults.not_found()
    return write(arranged(by_name(_NAME), {**read(found), "AsOfDate": wanted}))


def changed(store: Store, clock: Clock, given: Document) -> str:
    """Sets the rate of a currency and day; raises Fault."""
    lookup = Lookup(store)
    for name in by_name(_NAME).required:
        if given.get(name) in (None, ""):
            raise faults.required(name)
    code, day = str(given["SourceCurrencyCode"]), str(given["AsOfDate"])
    target = str(given.get("TargetCurrencyCode") or lookup.home.currency)
    _check(lookup, code)
    if target != lookup.home.currency:
        raise refusals.invalid_currency(target)
    with store.writing():
        row = store.get(_NAME, _id(code, target, day))
        token = _token(row, given)
        document = {
            "SourceCurrencyCode": code,
            "TargetCurrencyCode": target,
            "Rate": given["Rate"],
            "AsOfDate": day,
            **({"CustomField": given["CustomField"]} if given.get("CustomField") else {}),
        }
        return put(store, document, int(clock.time()), token)


def put(store: Store, document: Document, at: int, sync_token: int = 0) -> str:
    """Stores a rate that is complete."""
    code, target, day = (
        str(document[key]) for key in ("SourceCurrencyCode", "TargetCurrencyCode", "AsOfDate")
    )
    system = {"SyncToken": str(sync_token), "MetaData": {"LastUpdatedTime": stamp(at)}}
    body = write(arranged(by_name(_NAME), {**document, **system, "domain": "QBO", "sparse": False}))
    row = Row(_NAME, _id(code, target, day), sync_token, at, at, True, "", body)
    known = store.get(_NAME, row.id)
    store.put(replace(row, created=known.created) if known else row)
    return body


def _id(code: str, target: str, day: str) -> str:
    return f"{code}-{target}-{day}"


def _token(row: Row | None, given: Document) -> int:
    """The new SyncToken: a day's first rate is version 0, whatever was sent."""
    if row is None:
        return 0
    if given.get("SyncToken") in (None, ""):
        raise faults.required("SyncToken")
    if str(given["SyncToken"]) != str(row.sync_token):
        raise faults.stale()
    return row.sync_token + 1


def _check(lookup: Lookup, code: str) -> None:
    if not lookup.home.has_others:
        raise refusals.multicurrency_off()
    if not code:
        raise faults.required("SourceCurrencyCode")
    if code not in CURRENCY_NAMES or code == lookup.home.currency:
        raise refusals.invalid_currency(code)
