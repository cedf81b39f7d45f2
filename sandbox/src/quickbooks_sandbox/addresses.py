"""Addresses have Ids of their own: one that is new to a document gets the next number."""

from __future__ import annotations

from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.store import Store

_SPACE = "addresses"
_KEYS = ("BillAddr", "ShipAddr", "PrimaryAddr", "OtherAddr", "RemitToAddr", "VendorAddr", "ShipFromAddr")


def number_addresses(document: Document, before: Document, store: Store) -> None:
    """Keeps the Ids that the document had; a client's own are not QuickBooks' (recorded of free addresses)."""
    for key in _KEYS:
        address = document.get(key)
        if not isinstance(address, dict) or address == before.get(key):
            continue
        known = str((before.get(key) or {}).get("Id", ""))
        if not known or str(address.get("Id", "")) != known:
            document[key] = {**address, "Id": str(store.next_number(_SPACE))}


def reserve_addresses(document: Document, store: Store) -> None:
    """The Ids that the company's own documents brought with them are taken."""
    for key in _KEYS:
        number = str((document.get(key) or {}).get("Id", ""))
        if number.isdecimal():
            store.reserve(_SPACE, int(number))
