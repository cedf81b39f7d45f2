"""What QuickBooks refuses, in its own codes and words.

Texts are those of recorded answers where one is known. Rendering, and the gateway's other dialects, stand in
`answers`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)  # not frozen: raising sets the traceback
class Fault(Exception):
    """One refusal. `element` is left out of the answer when None, and written when empty."""

    code: str
    message: str
    detail: str
    element: str | None = None
    status: int = 400
    kind: str = "ValidationFault"


def not_found() -> Fault:
    """610: no such object (also what a deleted transaction becomes)."""
    return Fault(
        "610",
        "Object Not Found",
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        "",
    )


def unsupported(operation: str) -> Fault:
    """500: the URL or the object has no such operation."""
    return Fault("500", "Unsupported Operation", f"Operation {operation} is not supported.")


def invalid_id(value: str) -> Fault:
    """2030: an Id that is not a number."""
    return Fault("2030", "Invalid ID", f"Id should be a valid number. Supplied value:{value}", "Id")


def unknown_property(name: str) -> Fault:
    """2010."""
    return Fault(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:{name} specified is unsupported or invalid",
        name,
    )


def required(name: str) -> Fault:
    """2020."""
    return Fault(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        name,
    )


def too_long(name: str, longest: int, length: int) -> Fault:
    """2050."""
    return Fault(
        "2050",
        "String length is either shorter or longer than supported by specification",
        f"String length specified does not match the supported length. Min:0 Max:{longest} supported. "
        f"Supplied length:{length}",
        name,
    )


def not_a_date(name: str, value: object) -> Fault:
    """2060."""
    return Fault("2060", "Invalid Date", f"Date should be a valid date. Supplied value:{value}", name)


def not_a_number(name: str, value: object) -> Fault:
    """2080."""
    return Fault("2080", "Invalid Number", f"{name} should be a valid number. Supplied value:{value}", name)


def wrong_type(name: str) -> Fault:
    """2110: an object where a value belongs, or the reverse."""
    return Fault("2110", "Invalid Type", f"Property Name:{name} has a value of the wrong type", name)


def bad_reference(words: str, value: str) -> Fault:
    """2500: a reference to what does not exist."""
    return Fault(
        "2500", "Invalid Reference Id", f"Invalid Reference Id : {words} element id {value} not found", ""
    )


def stale() -> Fault:
    """5010: an outdated SyncToken."""
    return Fault(
        "5010",
        "Stale Object Error",
        "Stale Object Error : You and root were working on this at the same time. "
        "root finished before you did, so your work was not saved.",
        "",
    )


def duplicate_name(what: str) -> Fault:
    """6240: names are unique over customers, vendors and employees, and within other lists."""
    return Fault(
        "6240",
        "Duplicate Name Exists Error",
        f"The name supplied already exists. : Another {what} is already using this \nname. "
        "Please use a different name.",
        "",
    )


def business(words: str) -> Fault:
    """6000."""
    return Fault(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {words}",
        "",
    )


def unbalanced() -> Fault:
    """2300: debits and credits of a journal entry differ."""
    return Fault("2300", "Debits not equal to credits", "Total debits should equal total credits", "Line")


def before_stock() -> Fault:
    """6270: an inventory item moves before its start date."""
    return Fault(
        "6270",
        "Transaction date is prior to start date for inventory item",
        "Transactions with inventory (QOH) products cant be dated earlier than the Inventory Start Date "
        "for the product",
        "",
    )


def query_parser(encountered: str, line: int, column: int) -> Fault:
    """4000."""
    return Fault(
        "4000",
        "Error parsing query",
        f'QueryParserError: Encountered "{encountered}" at line {line}, column {column}.',
    )


def query_invalid(words: str) -> Fault:
    """4001."""
    return Fault("4001", "Invalid query", f"QueryValidationError: {words}")


def system() -> Fault:
    """10000: QuickBooks' own failure."""
    return Fault(
        "10000",
        "An application error has occurred while processing your request",
        "System Failure Error: An application error has occurred while processing your request",
        "",
        status=500,
        kind="SystemFault",
    )
