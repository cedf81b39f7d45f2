"""What a document's rules may ask of the company: other documents, and the accounts with a special role."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from quickbooks_sandbox.home import Home, home_from
from quickbooks_sandbox.json_text import Document, read
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches


class Lookup:
    """Reads documents; remembers them while one write is worked out."""

    def __init__(self, store: Store, switches: Switches | None = None) -> None:
        self._store = store
        self.switches = switches or Switches()
        self._known: dict[tuple[str, str], Document | None] = {}

    def get(self, entity: str, id: str) -> Document | None:
        """A document, or None."""
        key = (entity, id)
        if key not in self._known:
            row = self._store.get(entity, id)
            self._known[key] = read(row.body) if row else None
        return self._known[key]

    def hold(self, entity: str, document: Document) -> None:
        """Takes a document as it is about to be stored."""
        self._known[(entity, document["Id"])] = document

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

    @cached_property
    def home(self) -> Home:
        """What the company is at home."""
        return home_from(self.get("Preferences", "1") or {}, self.get("CompanyInfo", "1") or {})

    def receivable_of(self, document: Document) -> str:
        """The receivables of a document's currency: each has an account of its own."""
        return self._account_in("Accounts Receivable", document)

    def payable_of(self, document: Document) -> str:
        """The payables of a document's currency."""
        return self._account_in("Accounts Payable", document)

    def _account_in(self, kind: str, document: Document) -> str:
        code = value_of(document.get("CurrencyRef")) or self.home.currency
        found = self._store.rows(
            "select id from document where entity = 'Account' and active = 1"
            " and json_extract(body, '$.AccountType') = ? and json_extract(body, '$.CurrencyRef.value') = ?"
            " order by number limit 1",
            (kind, code),
        )
        return str(found[0][0]) if found else ""

    def is_of(self, account: str, kind: str) -> bool:
        """Whether an account is of an AccountType."""
        return (self.get("Account", account) or {}).get("AccountType") == kind

    @property
    def exchange_difference(self) -> str:
        """Where gains and losses of exchange go."""
        return self.account_of("AccountSubType", "ExchangeGainOrLoss")

    def listed_currency(self, code: str) -> Document | None:
        """The company's own entry for a currency, in use or not."""
        found = self._store.rows(
            "select body from document where entity = 'CompanyCurrency' and json_extract(body, '$.Code') = ?",
            (code,),
        )
        return read(found[0][0]) if found else None

    def rate_row(self, code: str, day: str) -> str | None:
        """The newest exchange rate of a currency up to a day."""
        found = self._store.rows(
            "select body from document where entity = 'ExchangeRate' and id like ?"
            " and json_extract(body, '$.AsOfDate') <= ? order by json_extract(body, '$.AsOfDate') desc limit 1",
            (f"{code}-%", day),
        )
        return str(found[0][0]) if found else None

    def settled_before(self, target: str, target_id: str, entity: str, id: str) -> int:
        """How much of a document others had settled before one of them did."""
        total = 0
        for source, source_id, amount in self._store.links_to(target, target_id):
            if (source, source_id) == (entity, id):
                break
            total += amount
        return total

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
        known = self._store.fact(f"tax account of {value_of(rate.get('AgencyRef'))}")
        return (
            known
            or self.account_named(f"{agency.get('DisplayName', '')} Payable")
            or self.account_of("AccountSubType", "GlobalTaxPayable")
        )


def value_of(reference: Any) -> str:
    """The id in a reference."""
    return str(reference.get("value", "")) if isinstance(reference, dict) else ""
