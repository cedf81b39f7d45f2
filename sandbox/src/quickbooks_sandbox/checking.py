"""Whether an incoming document may be written, by itself: its kinds, lengths, formats, what is required.

Everything that is wrong with it is said in one fault, as the service does. Lines have their own rules in
`checking_lines`; references, names and tokens need the company and are checked by `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog import Access, Entity, Field, Kind

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.amounts import rounded
from quickbooks_sandbox.checking_lines import line_faults
from quickbooks_sandbox.checking_objects import check_billed, object_faults
from quickbooks_sandbox.faults import Fault, raise_any
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.reading import Unreadable, understood
from quickbooks_sandbox.switches import Switches

_MONEY = ("Amount", "TotalAmt", "TotalTax")
_VALUES = ("boolean", "date", "enum", "integer", "number")
# Amounts have ten digits before the point and five after it.
_LARGEST = Decimal(10_000_000_000)
_ADDRESS_LENGTHS = {
    "City": 255, "Country": 255, "CountrySubDivisionCode": 255, "PostalCode": 30,
    **{f"Line{number}": 500 for number in range(1, 6)},
}  # fmt: skip
_LENGTHS = {"CustomerMemo.value": 1000, "PrimaryEmailAddr.Address": 100, "BillEmail.Address": 100}
# Recorded: the memo's element has its label's words.
_ELEMENTS = {"CustomerMemo.value": "Customer Memo"}
# Sparse updates of these are refused without them, though they change nothing (tried by others, 2026).
_SPARSE_REQUIRED = {"Bill": ("VendorRef",), "Purchase": ("PaymentType",)}
# Recorded: a full update without it is accepted, and the document is nobody's afterwards.
_NEEDLESS_IN_UPDATE = {"SalesReceipt": ("CustomerRef",)}
# A missing total has words of its own when a document is made; an update without one is documented.
_TOTALS = ("Payment", "BillPayment")


def readable(entity: Entity, document: Document, switches: Switches) -> Document:
    """The document in the service's own kinds, money in whole cents; raises Fault."""
    try:
        found = understood(entity.key, document)
    except Unreadable as error:
        if error.kind in _VALUES and switches["value_of_another_kind"] == "own_code":
            raise refusals.bad_value(error.kind, error.path, error.value) from None
        if switches["unreadable_property"] == "named":
            raise refusals.unreadable_property(error.path.rpartition(".")[2]) from None
        raise refusals.unreadable() from None
    rule = switches["fractions_of_a_cent"]
    return {key: _cents(key, _in_cents(item, rule), rule) for key, item in found.items()}


def _in_cents(value: Any, rule: str) -> Any:
    """Halves of a cent go up, as in the recorded refusal of a line's Amount."""
    if isinstance(value, list):
        return [_in_cents(item, rule) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _cents(key, _in_cents(item, rule), rule) for key, item in value.items()}


def _cents(key: str, value: Any, rule: str) -> Any:
    if key not in _MONEY or isinstance(value, int) or not isinstance(value, Decimal):
        return value
    whole = rounded(value)
    if whole == value:
        return value
    if rule == "refuse":
        raise refusals.bad_number(key, value)
    return whole


def check_new(entity: Entity, document: Document, switches: Switches) -> None:
    """What is wrong with a document that is to be made; raises Fault."""
    required = [name for name in entity.required if name != "TotalAmt" or entity.name not in _TOTALS]
    raise_any(_faults(entity, document, tuple(required), switches))
    check_billed(entity, {}, document, switches)
    if entity.name in _TOTALS and "TotalAmt" not in document:
        raise faults.business("You must set a transaction amount.")


def check_change(
    entity: Entity, before: Document, document: Document, sparse: bool, switches: Switches
) -> None:
    """What is wrong with a document that is to replace another, or a part of it; raises Fault."""
    if not sparse:
        needless = ("TotalAmt", *_NEEDLESS_IN_UPDATE.get(entity.name, ()))
        required = tuple(name for name in entity.required if name not in needless)
    else:
        needed = switches["sparse_needs_references"] == "refuse"
        required = _SPARSE_REQUIRED.get(entity.name, ()) if needed else ()
    raise_any(_faults(entity, document, required, switches, is_whole=not sparse))
    check_billed(entity, before, document, switches)


def _faults(
    entity: Entity, document: Document, required: tuple[str, ...], switches: Switches, is_whole: bool = True
) -> Iterator[Fault]:
    for field in entity.fields:
        if field.access is not Access.READ:
            yield from _field_faults(field, document)
    yield from (faults.required(name) for name in required if name not in document)
    if is_whole:
        yield from object_faults(entity, document, switches)
    yield from line_faults(entity, document, switches)


def _field_faults(field: Field, document: Document) -> Iterator[Fault]:
    value: Any = document
    for step in field.steps:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, str):
        yield from _text_faults(field, value)
    elif field.kind in (Kind.MONEY, Kind.NUMBER) and value is not None and abs(value) >= _LARGEST:
        yield refusals.bad_number(field.path, value)


def _text_faults(field: Field, text: str) -> Iterator[Fault]:
    element = _ELEMENTS.get(field.path, field.steps[0])
    longest = field.max_length or _LENGTHS.get(field.path) or _address_length(field)
    if longest and len(text) > longest:
        yield refusals.too_long(element, longest, len(text))
    elif field.path == "WebAddr.URI" and not text.lower().startswith(("http://", "https://")):
        yield refusals.bad_address(element, text)
    elif field.path.endswith("EmailAddr.Address") and not all(map(_is_email, text.split(","))):
        yield refusals.bad_email(element, text)
    elif any(sign < " " and sign not in "\t\n\r" for sign in text):
        yield refusals.invalid_string(element, text)


def _address_length(field: Field) -> int | None:
    is_address = len(field.steps) == 2 and field.steps[0].endswith("Addr")
    return _ADDRESS_LENGTHS.get(field.steps[1]) if is_address else None


def _is_email(text: str) -> bool:
    name, at, host = text.strip().rpartition("@")
    return bool(name and at and "." in host) and " " not in text.strip()
