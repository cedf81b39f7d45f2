"""What a company is at home: its currency, whether it has others, its country, whether it charges sales tax."""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_sandbox.json_text import Document

_US = "US"


@dataclass(frozen=True)
class Home:
    """The company's own circumstances, as its preferences and its address have them."""

    currency: str = "USD"
    has_others: bool = False
    country: str = _US
    uses_sales_tax: bool = True

    @property
    def is_us(self) -> bool:
        """Whether sales tax works as in the United States: one code for a document, `TAX` and `NON` for its lines."""
        return self.country == _US


def home_from(preferences: Document, company_info: Document) -> Home:
    """Reads it out of the two documents."""
    currencies = preferences.get("CurrencyPrefs") or {}
    taxes = preferences.get("TaxPrefs") or {}
    return Home(
        currency=str((currencies.get("HomeCurrency") or {}).get("value", "USD")),
        has_others=currencies.get("MultiCurrencyEnabled") is True,
        country=str(company_info.get("Country", _US)),
        uses_sales_tax=taxes.get("UsingSalesTax") is not False,
    )
