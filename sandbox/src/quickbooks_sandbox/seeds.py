"""A company as data: files of documents as a person would enter them, loaded by the same rules as the API's.

Dates in the files count from the day D0 of the newest invoices, so that the company is always a recent one.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from quickbooks_core.catalog import Entity, by_table

from quickbooks_sandbox import exchange
from quickbooks_sandbox.changes import Moment, id_space, times
from quickbooks_sandbox.clock import PACIFIC
from quickbooks_sandbox.companies import origin_of
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.store import Row

# What the others refer to comes first; money comes after what it pays.
_ORDER = (
    "company_info", "preferences", "company_currency", "exchange_rate", "account", "tax_agency", "tax_rate",
    "tax_code", "term", "payment_method", "class", "department", "customer_type", "customer", "vendor", "employee",
    "item", "attachable", "budget", "estimate", "invoice", "credit_memo", "sales_receipt", "refund_receipt",
    "purchase_order", "bill", "vendor_credit", "purchase", "payment", "bill_payment", "deposit", "transfer",
    "journal_entry", "credit_card_payment", "tax_payment", "time_activity", "reimburse_charge",
    "recurring_transaction", "tax_classification",
)  # fmt: skip
# A company that has only begun: lists that every new company gets.
_LISTS = frozenset(
    ("company_info", "preferences", "account", "tax_agency", "tax_rate", "tax_code", "term", "payment_method",
     "tax_classification")
)  # fmt: skip
# The newest dates of the data lie so many days after D0; nothing may be dated in the future.
_NEWEST = 26
_DAY = re.compile(r"D([+-]\d+)(?: (\d\d:\d\d:\d\d))?$")


def load(company: Company, seeds: Path, name: str) -> None:
    """Fills an empty store with a company's documents; raises UnknownCompany."""
    origin = origin_of(name)
    start = company.clock.today() - timedelta(days=_NEWEST)
    with company.store.writing():
        for table in _ORDER:
            file = seeds / origin.directory / f"{table}.json"
            if file.exists() and (not origin.lists_only or table in _LISTS):
                for document in read(file.read_bytes()):
                    _put(company, by_table(table), _dated(document, start))
        company.store.remember("company", name)


def _put(company: Company, entity: Entity, document: Document) -> None:
    at = Moment(*_stamps(document))
    id = str(document.get("Id", document.get("id")))
    if id.isdecimal() and len(id) < 19:
        company.store.reserve(id_space(entity), int(id))
    elif id.isdecimal():
        company.store.reserve(entity.name, int(id) % 1_000_000_000)
    if "$account" in document:
        company.store.remember(f"tax account of {id}", str(document["$account"]))
    given = {key: value for key, value in document.items() if not key.startswith("$")}
    if entity.name == "ExchangeRate":
        exchange.put(company.store, given, at.updated)
    elif "SyncToken" not in entity.by_path or not id.isdecimal():
        system = {"domain": "QBO", "sparse": False, "MetaData": times(at)} if at.created else {}
        body = write({**given, **system})
        name = str(given.get("Name", given.get("name", "")))
        company.store.put(Row(entity.name, id, 0, at.created, at.updated, True, name, body))
    elif entity.wrapped:
        company.put_template(entity, str(document["$type"]), given, at)
    else:
        company.put_new(entity, given, at, int(given.pop("SyncToken", 0)))


def _stamps(document: Document) -> tuple[int, int]:
    created = document.get("$created")
    if not isinstance(created, int):
        return 0, 0
    return created, max(created, document.get("$updated", created))


def _dated(value: Any, start: date) -> Any:
    """`D-12` becomes a day, `D-12 10:15:03` an instant in seconds."""
    if isinstance(value, dict):
        return {key: _dated(inner, start) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dated(inner, start) for inner in value]
    if not isinstance(value, str) or not (match := _DAY.match(value)):
        return value
    day = start + timedelta(days=int(match.group(1)))
    if match.group(2) is None:
        return day.isoformat()
    return int(datetime.combine(day, time.fromisoformat(match.group(2)), PACIFIC).timestamp())
