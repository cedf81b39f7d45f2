"""What a document's rules may ask of the company: other documents, and the accounts with a special role."""

from __future__ import annotations

from typing import Any

from quickbooks_sandbox.json_text import Document, read
from quickbooks_sandbox.store import Store


class Lookup:
    """Reads documents; remembers them while one write is worked out."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Document | None] = {}

    def get(self, entity: str, id: str) -> Document | None:
        """A document, or None."""
        key = (entity, id)
        if key not in self._known:
            row = self._store.get(entity, id)
            self._known[key] = read(row.body) if row else None
        return self._known[key]

    def referred(self, entity: str, reference: Any) -> Document:
        """The document of a reference; an empty one where there is none."""
        return (self.get(entity, value_of(reference)) if value_of(reference) else None) or {}

    def account_of(self, path: str, word: str) -> str:
        """The first account whose AccountType or AccountSubType is `word`."""
        found = self._store.rows(
            "select id from document where entity = 'Account' and active = 1"
            f" and json_extract(body, '$.{path}') = ? order by number limit 1",
            (word,),
        )
        return str(found[0][0]) if found else ""

    def account_named(self, name: str) -> str:
        """The account with a full name."""
        found = self._store.rows("select id from document where entity = 'Account' and name = ?", (name,))
        return str(found[0][0]) if found else ""

    @property
    def receivable(self) -> str:
        """Accounts receivable."""
        return self.account_of("AccountType", "Accounts Receivable")

    @property
    def payable(self) -> str:
        """Accounts payable."""
        return self.account_of("AccountType", "Accounts Payable")

    @property
    def undeposited(self) -> str:
        """Where received money waits for its deposit."""
        return self.account_of("AccountSubType", "UndepositedFunds")

    @property
    def opening_equity(self) -> str:
        """Against which opening balances are booked."""
        return self.account_of("AccountSubType", "OpeningBalanceEquity")

    @property
    def discounts(self) -> str:
        """Discounts given."""
        return self.account_of("AccountSubType", "DiscountsRefundsGiven") or self.income

    @property
    def income(self) -> str:
        """Where a sale goes that names no account."""
        return self.account_of("AccountSubType", "SalesOfProductIncome") or self.account_of(
            "AccountType", "Income"
        )

    def tax_payable(self, rate_id: str) -> str:
        """The liability account of the agency of a tax rate."""
        rate = self.get("TaxRate", rate_id) or {}
        agency = self.referred("TaxAgency", rate.get("AgencyRef"))
        return self.account_named(f"{agency.get('DisplayName', '')} Payable") or self.account_of(
            "AccountSubType", "GlobalTaxPayable"
        )


def value_of(reference: Any) -> str:
    """The id in a reference."""
    return str(reference.get("value", "")) if isinstance(reference, dict) else ""
