"""What the company has chosen, as far as rules ask for it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from quickbooks_sandbox.json_text import read
from quickbooks_sandbox.store import Store


class Preferences:
    """The company's preferences, read when first asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def close_date(self) -> str:
        """The day up to which the books are closed, or nothing."""
        return str(self._group("AccountingInfoPrefs").get("BookCloseDate", ""))

    @property
    def numbers_sales_by_hand(self) -> bool:
        """Whether sales forms get no number by themselves."""
        return self._group("SalesFormsPrefs").get("CustomTxnNumbers") is True

    def warns_of(self, name: str) -> bool:
        """Whether the company wants to be warned of duplicate numbers of a kind."""
        pairs = self._group("OtherPrefs").get("NameValue", ())
        return {pair.get("Name"): pair.get("Value") for pair in pairs}.get(name) == "true"

    def _group(self, name: str) -> dict[str, Any]:
        return self._document.get(name) or {}

    @cached_property
    def _document(self) -> dict[str, Any]:
        row = self._store.get("Preferences", "1")
        return read(row.body) if row else {}
