"""Many objects at once, for tests of size: a million customers in seconds.

They are what the API would have made, written without its checks: their names are new by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

from quickbooks_core.catalog import by_name

from quickbooks_sandbox.changes import id_space
from quickbooks_sandbox.clock import stamp
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.currency_names import currency_reference
from quickbooks_sandbox.json_text import write
from quickbooks_sandbox.lookup import Lookup

PER_SECOND = 10  # created in the same second, as an import does
_CHUNK = 10_000
_INSERT = "insert into document (entity, id, number, sync_token, created, updated, active, name, body) values (?,?,?,0,?,?,1,?,?)"  # noqa: E501


class CannotGenerate(ValueError):
    """There is no template for the object."""


def generate(company: Company, name: str, count: int, per_second: int = PER_SECOND) -> int:
    """Adds objects, so many of them made in the same second; gives the first new Id."""
    if name not in _TEMPLATES:
        raise CannotGenerate(f"no template for {name}: there are {', '.join(sorted(_TEMPLATES))}")
    entity = by_name(name)
    store = company.store
    with store.writing() as db:
        first = store.next_number(id_space(entity))
        store.reserve(id_space(entity), first + count - 1)
        begin = int(company.clock.time()) - count // per_second - 1
        rows = _TEMPLATES[name](company, first, count, begin, per_second)
        while chunk := list(islice(rows, _CHUNK)):
            db.executemany(_INSERT, chunk)
    store.settle()
    return first


_Row = tuple[str, str, int, int, int, str, str]


def _customers(company: Company, first: int, count: int, begin: int, rate: int) -> Iterator[_Row]:
    currency = write(currency_reference(Lookup(company.store).home.currency))
    for place in range(count):
        number, second = first + place, begin + place // rate
        name = f"Generated Customer {number:07d}"
        body = (
            '{"Taxable":false,"BillAddr":{"Id":"%d","Line1":"%d Main St.","City":"Half Moon Bay",'
            '"CountrySubDivisionCode":"CA","PostalCode":"94213"},"Job":false,"BillWithParent":false,"Balance":0,'
            '"BalanceWithJobs":0,"CurrencyRef":%s,'
            '"PreferredDeliveryMethod":"Print","domain":"QBO","sparse":false,"Id":"%d","SyncToken":"0",'
            '"MetaData":%s,"GivenName":"Given","FamilyName":"Family %d","FullyQualifiedName":"%s",'
            '"CompanyName":"Company %d","DisplayName":"%s","PrintOnCheckName":"%s","Active":true,'
            '"PrimaryPhone":{"FreeFormNumber":"(650) 555-0100"},'
            '"PrimaryEmailAddr":{"Address":"customer%d@example.com"}}'
        ) % (
            number,
            number,
            currency,
            number,
            _times(second),
            number,
            name,
            number % 1000,
            name,
            name,
            number,
        )
        yield ("Customer", str(number), number, second, second, name, body)


def _vendors(company: Company, first: int, count: int, begin: int, rate: int) -> Iterator[_Row]:
    currency = write(currency_reference(Lookup(company.store).home.currency))
    for place in range(count):
        number, second = first + place, begin + place // rate
        name = f"Generated Vendor {number:07d}"
        body = (
            '{"Balance":0,"Vendor1099":false,"CurrencyRef":%s,'
            '"domain":"QBO","sparse":false,"Id":"%d","SyncToken":"0","MetaData":%s,"DisplayName":"%s",'
            '"PrintOnCheckName":"%s","Active":true}'
        ) % (currency, number, _times(second), name, name)
        yield ("Vendor", str(number), number, second, second, name, body)


def _invoices(company: Company, first: int, count: int, begin: int, rate: int) -> Iterator[_Row]:
    """Of nothing, for nothing: they need no postings."""
    currency = write(currency_reference(Lookup(company.store).home.currency))
    customer = write(_some_customer(company))
    for place in range(count):
        number, second = first + place, begin + place // rate
        day = stamp(second)[:10]
        body = (
            '{"domain":"QBO","sparse":false,"Id":"%d","SyncToken":"0","MetaData":%s,"DocNumber":"G%d","TxnDate":"%s",'
            '"CurrencyRef":%s,"LinkedTxn":[],"Line":[{"Id":"1","LineNum":1,"Description":"Generated","Amount":0,'
            '"DetailType":"DescriptionOnly","DescriptionLineDetail":{}},{"Amount":0,"DetailType":"SubTotalLineDetail",'
            '"SubTotalLineDetail":{}}],"TxnTaxDetail":{"TotalTax":0},"CustomerRef":%s,"DueDate":"%s","TotalAmt":0,'
            '"ApplyTaxAfterDiscount":false,"PrintStatus":"NeedToPrint","EmailStatus":"NotSet","Balance":0}'
        ) % (number, _times(second), number, day, currency, customer, day)
        yield ("Invoice", str(number), number, second, second, f"G{number}", body)


def _some_customer(company: Company) -> dict[str, str]:
    found = company.store.rows(
        "select id, name from document where entity = 'Customer' order by number limit 1", ()
    )
    if not found:
        raise CannotGenerate("invoices need a customer, and the company has none")
    return {"value": found[0][0], "name": found[0][1]}


@cache
def _times(second: int) -> str:
    return f'{{"CreateTime":"{stamp(second)}","LastUpdatedTime":"{stamp(second)}"}}'


_TEMPLATES: dict[str, Callable[[Company, int, int, int, int], Iterator[_Row]]] = {
    "Customer": _customers,
    "Invoice": _invoices,
    "Vendor": _vendors,
}
