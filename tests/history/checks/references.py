"""References: everything that a document names is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from history.company import Company

# Where the property is not the object's name.
_TARGETS = {
    "APAccountRef": "Account", "ARAccountRef": "Account", "AdjustAccountRef": "Account", "AssetAccountRef": "Account",
    "BankAccountRef": "Account", "CCAccountRef": "Account", "CreditCardAccountRef": "Account",
    "DefaultTaxCodeRef": "TaxCode", "DepositToAccountRef": "Account", "DiscountAccountRef": "Account",
    "ExpenseAccountRef": "Account", "FromAccountRef": "Account", "IncomeAccountRef": "Account",
    "ItemAccountRef": "Account", "PrefVendorRef": "Vendor", "ProjectRef": "Customer", "PurchaseTaxCodeRef": "TaxCode",
    "SalesTaxCodeRef": "TaxCode", "SalesTermRef": "Term",
    "TaxGroupCodeRef": "TaxCode", "TermRef": "Term", "ToAccountRef": "Account", "TxnTaxCodeRef": "TaxCode",
    "AgencyRef": "TaxAgency", "PaymentAccountRef": "Account",
}  # fmt: skip
# Named by a code, or only in the answers of other services; recorded bills carry a RecurDataRef that no template has.
_WITHOUT_OBJECT = ("RecurDataRef", "CurrencyRef", "PriceLevelRef", "TaxClassificationRef", "DefaultTerms")
_PSEUDO_CODES = ("TAX", "NON", "CustomSalesTax")


def lead_somewhere(company: Company) -> Iterator[str]:
    """No reference of any document dangles."""
    for entity, documents in company.documents.items():
        for id, document in documents.items():
            for key, target, value in _references(document, entity):
                if value not in _PSEUDO_CODES and company.get(target, value) is None:
                    yield f"{entity} {id}.{key} leads to {target} {value}, which is not there"


def _references(value: Any, entity: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner, entity)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if (
                not (key.endswith("Ref") or key == "Entity")
                or not isinstance(inner, dict)
                or "value" not in inner
            ):
                yield from _references(inner, entity)
            elif key not in _WITHOUT_OBJECT:
                yield key, _target(key, entity, inner, value), str(inner["value"])


def _target(key: str, entity: str, reference: Any, around: Any) -> str:
    if key in ("EntityRef", "Entity"):
        return str(reference.get("type") or around.get("Type") or "").capitalize()
    return entity if key == "ParentRef" else _TARGETS.get(key, key.removesuffix("Ref"))
