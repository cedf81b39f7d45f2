"""What QuickBooks refuses, in its own codes and words: of requests, objects, queries.

Texts are those of recorded answers where one is known. What it refuses of a document's values and of its business
stands in `refusals`; rendering, and the gateway's other dialects, in `answers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(eq=False)  # not frozen: raising sets the traceback
class Fault(Exception):
    """A refusal. `element` is left out of the answer when None, and written when empty.

    `others`: one answer may carry several errors. `timed`: recorded answers to invalid Ids carry no time.
    """

    code: str
    message: str
    detail: str
    element: str | None = None
    status: int = 400
    kind: str = "ValidationFault"
    others: tuple[Fault, ...] = ()
    timed: bool = True

    def errors(self) -> list[dict[str, str]]:
        """The errors as an answer lists them."""
        return [_error(fault) for fault in (self, *self.others)]


def raise_any(found: Iterable[Fault]) -> None:
    """Raises all of them as one, each code and element once; nothing where there are none."""
    distinct = {(fault.code, fault.element): fault for fault in reversed(list(found))}
    faults = list(reversed(distinct.values()))
    if faults:
        raise replace(faults[0], others=tuple(faults[1:]))


def _error(fault: Fault) -> dict[str, str]:
    element = {} if fault.element is None else {"element": fault.element}
    return {"Message": fault.message, "Detail": fault.detail, "code": fault.code, **element}


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
    detail = f"Id should be a valid number. Supplied value:{value}"
    return Fault("2030", "Invalid ID", detail, "Id", timed=False)


def required(name: str) -> Fault:
    """2020."""
    return Fault(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        name,
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


def business(words: str) -> Fault:
    """6000."""
    return Fault(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {words}",
        "",
    )


def unknown_object(name: str) -> Fault:
    """2000: an object that does not exist."""
    return Fault("2000", "Invalid or unsupported object name", f"Unsupported object name : {name}", "")


def batch_too_large() -> Fault:
    """1040: more than 30 items."""
    return Fault("1040", "Batch size exceeds allowed limit", "Batch size exceeds allowed limit", "")


def result_too_big(most: int) -> Fault:
    """10100. The code is documented, the words are ours."""
    return Fault("10100", "Result set too big", f"An answer has at most {most} objects", "")


def bad_request_id(value: str) -> Fault:
    """2130: a request id, or the bId beside it, that is too long."""
    return Fault(
        "2130", "Invalid Request Id Format", f"Invalid Request Id Format. Supplied value:{value}", "requestid"
    )


def duplicate_request_id(value: str) -> Fault:
    """600: a request id that came with another body before."""
    return Fault("600", "Duplicate Request ID", f"Duplicate Request ID : {value}", "requestid")


def query_parser(encountered: str, line: int, column: int, expected: tuple[str, ...] = ()) -> Fault:
    """4000; the expected words are given where recorded."""
    words = f'QueryParserError: Encountered "{encountered}" at line {line}, column {column}.'
    if expected:
        listed = "".join(f"    {word} \n" if word == "<EOF>" else f"    {word}\n" for word in expected)
        words += f"\nWas expecting{' one of' if len(expected) > 1 else ''}:\n{listed}    "
    return Fault("4000", "Error parsing query", words)


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
