"""Which SQLSTATE a client of the database sees, for everything that can go wrong with a write. Data alone.

A code of QuickBooks that is not listed has that of its family: what begins with 2 is about a value, everything else
about a rule of the business.
"""

from __future__ import annotations

from quickbooks_core.errors import (
    Busy,
    OutcomeUnknown,
    QuickBooksError,
    Reconnect,
    StoreLost,
    Throttled,
    Unreachable,
    WrongCredentials,
)
from quickbooks_core.writing.refused import ChangeRefused, Problem

NOT_FOUND = "P0002"
TAKEN = "23505"
MISSING = "23502"
NO_REFERENCE = "23503"
RULE = "23514"
BAD_VALUE = "22023"
BAD_ID = "22P02"
CHANGED_MEANWHILE = "40001"
THROTTLED = "53400"
NO_GRANT = "28000"
GENERATED = "428C9"
NO_COLUMN = "42703"
UNSUPPORTED = "0A000"
UNKNOWN_OUTCOME = "08007"
UNREACHABLE = "08006"

BY_PROBLEM: dict[Problem, str] = {
    Problem.UNKNOWN_COLUMN: NO_COLUMN,
    Problem.READ_ONLY: GENERATED,
    Problem.CREATE_ONLY: GENERATED,
    Problem.REQUIRED: MISSING,
    Problem.UNSUPPORTED: UNSUPPORTED,
    Problem.WRONG_ID: BAD_ID,
    Problem.INVALID: BAD_VALUE,
    Problem.CONFLICT: CHANGED_MEANWHILE,
}

# By the code of a fault.
BY_CODE: dict[str, str] = {
    "120": NO_GRANT,
    "500": UNSUPPORTED,  # Unsupported Operation
    "610": NOT_FOUND,
    "620": RULE,  # a transaction that cannot be linked
    "630": TAKEN,  # Duplicate Object
    "700": NO_REFERENCE,  # an invalid parent
    "800": NO_REFERENCE,  # others depend on it
    "900": RULE,
    "2000": UNSUPPORTED,  # an object that the API does not know
    "2020": MISSING,
    "2300": RULE,  # debits and credits differ
    "2500": NO_REFERENCE,
    "3001": THROTTLED,
    "3100": NO_GRANT,
    "3200": NO_GRANT,
    "3202": NO_GRANT,
    "5010": CHANGED_MEANWHILE,
    "5020": NO_GRANT,  # Permission Denied
    "5030": UNSUPPORTED,  # Feature Not Supported
    "6000": RULE,
    "6140": TAKEN,
    "6200": RULE,
    "6210": RULE,
    "6240": TAKEN,
}
_FAMILIES = {"2": BAD_VALUE}

# What is no fault of QuickBooks, by what the caller should do.
BY_ERROR: tuple[tuple[type[QuickBooksError], str], ...] = (
    (OutcomeUnknown, UNKNOWN_OUTCOME),
    (Throttled, THROTTLED),
    (Reconnect, NO_GRANT),
    (WrongCredentials, NO_GRANT),
    (Busy, UNREACHABLE),
    (Unreachable, UNREACHABLE),
    (StoreLost, UNREACHABLE),
)


def sqlstate(error: QuickBooksError) -> str:
    """The SQLSTATE of an error."""
    if isinstance(error, ChangeRefused):
        return BY_PROBLEM[error.problem]
    for kind, code in BY_ERROR:
        if isinstance(error, kind):
            return code
    fault = error.code.lstrip("0")
    return BY_CODE.get(fault) or (_FAMILIES.get(fault[:1], RULE) if len(fault) == 4 else RULE)
