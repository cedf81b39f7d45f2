"""References inside JSON, such as the lines of an invoice: ours become QuickBooks' own, raw ones stay.

An id of ours stands where QuickBooks has an Id: as the `value` of a reference, or under one of the keys below.
Where the JSON says of which object it must be, an id of another is refused.
"""

from __future__ import annotations

from typing import Any

from quickbooks_core.catalog.model import Entity
from quickbooks_core.mapping import ID_MARK, split_id
from quickbooks_core.writing.refused import Misfit, Problem

# Keys that hold an Id without a reference around it, and whose; the type of a linked transaction stands beside it.
_IDS = {"TxnId": "", "TaxAgencyId": "TaxAgency", "TaxRateId": "TaxRate", "TaxCodeId": "TaxCode"}
# What the references of lines and details point at; those of other names say it themselves, or are not known to us.
_TARGETS = {
    "AccountRef": "Account",
    "AssetAccountRef": "Account",
    "BankAccountRef": "Account",
    "CCAccountRef": "Account",
    "ClassRef": "Class",
    "CustomerRef": "Customer",
    "DefaultAPAccount": "Account",
    "DefaultARAccount": "Account",
    "DepartmentRef": "Department",
    "DiscountAccountRef": "Account",
    "ItemAccountRef": "Account",
    "ItemRef": "Item",
    "PaymentMethodRef": "PaymentMethod",
    "ProjectRef": "Customer",
    "SalesTermRef": "Term",
    "TaxClassificationRef": "TaxClassification",
    "TaxCodeRef": "TaxCode",
    "TaxRateRef": "TaxRate",
    "TxnTaxCodeRef": "TaxCode",
    "VendorRef": "Vendor",
}
# References that may name any kind of person or document, and say in `type` which.
_TYPED = ("Entity", "EntityRef")
# How a linked transaction is called where it is not by its object's name.
_TXN_TYPES = {
    "BillPaymentCheck": "BillPayment",
    "BillPaymentCreditCard": "BillPayment",
    "Check": "Purchase",
    "CreditCardCharge": "Purchase",
    "CreditCardCredit": "Purchase",
    "Expense": "Purchase",
}


def with_bare_ids(value: Any) -> Any:
    """JSON with QuickBooks' own Ids in place of ours; raises Misfit for an id of another object."""
    if isinstance(value, list):
        return [with_bare_ids(item) for item in value]
    if isinstance(value, dict):
        found = {key: _inner(key, item, value) for key, item in value.items()}
        if _is_ours(value.get("TxnId")) and not value.get("TxnType"):
            found["TxnType"] = split_id(value["TxnId"])[0].name
        return found
    return value


def _inner(key: str, item: Any, around: dict[str, Any]) -> Any:
    if _is_ours(item) and key in _IDS:
        return _bare(key, item, _IDS[key] or _txn_type(around))
    if isinstance(item, dict) and _is_ours(item.get("value")):
        return _reference(key, item, around)
    return with_bare_ids(item)


def _reference(key: str, reference: dict[str, Any], around: dict[str, Any]) -> dict[str, Any]:
    told = reference.get("type") or (around.get("Type") if key in _TYPED else None)
    bare = _bare(key, reference["value"], str(told) if told else _TARGETS.get(key, ""))
    found = {**reference, "value": bare}
    if key in _TYPED and not told:
        found["type"] = split_id(reference["value"])[0].name
    return found


def _bare(key: str, ours: str, target: str) -> str:
    try:
        entity, bare = split_id(ours)
    except ValueError as error:
        raise Misfit(f"in its {key}, {error}", Problem.WRONG_ID) from None
    if target and not _is_of(entity, target):
        raise Misfit(f"in its {key}, {ours!r} is an id of {entity.name}, not of {target}", Problem.WRONG_ID)
    return bare


def _txn_type(around: dict[str, Any]) -> str:
    told = str(around.get("TxnType") or "")
    return _TXN_TYPES.get(told, told)


def _is_of(entity: Entity, target: str) -> bool:
    """QuickBooks writes some types in capitals."""
    return entity.name.lower() == target.lower()


def _is_ours(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(ID_MARK)
