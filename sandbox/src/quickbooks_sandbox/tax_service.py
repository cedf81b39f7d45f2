"""The tax service: makes a tax code and its rates in one request, and answers without envelope."""

from __future__ import annotations

from typing import Any

from quickbooks_core.catalog import Entity, by_name

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import decimal, plain
from quickbooks_sandbox.changes import Moment
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import Document, write

_LONGEST_NAME = 100
_USES = ("Sales", "Purchase", "Adjustment", "Other")
_LISTS = {"Sales": "SalesTaxRateList", "Purchase": "PurchaseTaxRateList"}


def make_tax_code(company: Company, given: Document) -> str:
    """The answer, as text; raises Fault."""
    name, details = given.get("TaxCode"), given.get("TaxRateDetails")
    if not name or not isinstance(name, str):
        raise faults.required("TaxCode")
    if len(name) > _LONGEST_NAME:
        raise refusals.too_long("TaxCode", _LONGEST_NAME, len(name))
    if not isinstance(details, list) or not details:
        raise faults.required("TaxRateDetails")
    with company.store.writing():
        _check_free(company, by_name("TaxCode"), name, "tax code")
        rates = [_rate(company, detail) for detail in details]
        _check_each_once(rates)
        lists: dict[str, list[Document]] = {key: [] for key in _LISTS.values()}
        for rate in rates:
            key = _LISTS.get(str(rate["TaxApplicableOn"]), "SalesTaxRateList")
            lists[key].append(
                {
                    "TaxRateRef": {"value": rate["TaxRateId"]},
                    "TaxTypeApplicable": "TaxOnAmount",
                    "TaxOrder": len(lists[key]),
                }
            )
        code = _put(company, by_name("TaxCode"), _code(name, lists))
    return write({"TaxCode": name, "TaxCodeId": code, "TaxRateDetails": rates})


def _code(name: str, lists: dict[str, list[Document]]) -> Document:
    rates = {key: {"TaxRateDetail": details} for key, details in lists.items()}
    return {"Name": name, "Description": name, "Taxable": True, "TaxGroup": True, "Hidden": False, **rates}


def _rate(company: Company, detail: Any) -> Document:
    """A new rate, or one that exists."""
    if not isinstance(detail, dict):
        raise refusals.unreadable_property("TaxRateDetails")
    applicable = str(detail.get("TaxApplicableOn") or "Sales")
    if applicable not in _USES:
        raise refusals.bad_word(applicable)
    if id := str(detail.get("TaxRateId") or ""):
        company.row(by_name("TaxRate"), id)
        return {"TaxRateId": id, "TaxApplicableOn": applicable}
    for key in ("TaxRateName", "RateValue", "TaxAgencyId"):
        if detail.get(key) in (None, ""):
            raise faults.required(key)
    name, agency = str(detail["TaxRateName"]), str(detail["TaxAgencyId"])
    if company.store.get("TaxAgency", agency) is None:
        raise refusals.bad_reference("TaxAgency", agency)
    _check_free(company, by_name("TaxRate"), name, "tax rate")
    value = _number(detail["RateValue"])
    id = _put(
        company,
        by_name("TaxRate"),
        {
            "Name": name, "Description": name, "RateValue": value, "AgencyRef": {"value": agency},
            "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
        },
    )  # fmt: skip
    return {
        "TaxRateName": name, "TaxRateId": id, "RateValue": value, "TaxAgencyId": agency, "TaxApplicableOn": applicable,
    }  # fmt: skip


def _check_each_once(rates: list[Document]) -> None:
    ids = [rate["TaxRateId"] for rate in rates]
    if len(set(ids)) < len(ids):
        raise faults.business("A tax rate can be listed only once.")


def _number(value: Any) -> Any:
    """A percentage."""
    try:
        found = decimal(value)
        is_percentage = 0 <= found <= 100
    except ArithmeticError:
        raise refusals.bad_value("number", "RateValue", value) from None
    if not is_percentage:
        raise refusals.out_of_range("RateValue", value, 0, 100)
    return plain(found)


def _check_free(company: Company, entity: Entity, name: str, words: str) -> None:
    if company.store.named(entity.name, name):
        raise refusals.duplicate_name(words)


def _put(company: Company, entity: Entity, document: Document) -> str:
    now = int(company.clock.time())
    id = str(company.store.next_number(entity.name))
    company.put_new(entity, {**document, "Id": id}, Moment(now, now))
    return id
