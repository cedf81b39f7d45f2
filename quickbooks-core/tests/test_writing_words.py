"""What a client of the database is told when a write fails: SQLSTATE, words, detail, hint, column."""

from __future__ import annotations

import pytest
from quickbooks_core import errors
from quickbooks_core.catalog import by_name
from quickbooks_core.errors import QuickBooksError, error_class
from quickbooks_core.writing import Action, Change, ChangeRefused, Problem, sqlstate, worded

UPDATE = Change(by_name("Customer"), Action.UPDATE, {"notes": "x"}, "qbk_cust1234567")
CREATE = Change(by_name("Invoice"), Action.CREATE, {"doc_number": "1001", "line": [{}]})
INACTIVE = (
    "Object Not Found : Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


def fault(code: str, message: str = "A message", detail: str = "", element: str = "") -> QuickBooksError:
    kind = error_class(400, code)
    return kind(message, code=code, detail=detail, element=element, intuit_tid="1-5f73", status=400)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("610", "P0002"),
        ("6240", "23505"),
        ("6140", "23505"),
        ("2020", "23502"),
        ("2500", "23503"),
        ("6000", "23514"),
        ("6070", "23514"),
        ("6200", "23514"),
        ("6210", "23514"),
        ("6540", "23514"),
        ("2010", "22023"),
        ("2030", "22023"),
        ("2050", "22023"),
        ("2170", "22023"),
        ("5010", "40001"),
        ("3001", "53400"),
        ("003001", "53400"),
        ("3100", "28000"),
        ("3200", "28000"),
        ("500", "0A000"),
        ("5030", "0A000"),
        ("800", "23503"),
        ("9999", "23514"),
    ],
)
def test_a_fault_has_the_sqlstate_of_its_code(code: str, state: str) -> None:
    assert sqlstate(fault(code)) == state


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (errors.OutcomeUnknown("x"), "08007"),
        (errors.Throttled("x"), "53400"),
        (errors.Reconnect("x"), "28000"),
        (errors.Unreachable("x"), "08006"),
        (errors.Busy("x"), "08006"),
        (ChangeRefused(Problem.READ_ONLY, UPDATE.entity, "x"), "428C9"),
        (ChangeRefused(Problem.CREATE_ONLY, UPDATE.entity, "x"), "428C9"),
        (ChangeRefused(Problem.UNSUPPORTED, UPDATE.entity, "x"), "0A000"),
        (ChangeRefused(Problem.WRONG_ID, UPDATE.entity, "x"), "22P02"),
        (ChangeRefused(Problem.REQUIRED, UPDATE.entity, "x"), "23502"),
        (ChangeRefused(Problem.INVALID, UPDATE.entity, "x"), "22023"),
        (ChangeRefused(Problem.UNKNOWN_COLUMN, UPDATE.entity, "x"), "42703"),
        (ChangeRefused(Problem.CONFLICT, UPDATE.entity, "x"), "40001"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_what_is_no_fault_has_the_sqlstate_of_what_to_do(error: QuickBooksError, state: str) -> None:
    assert sqlstate(error) == state


def test_a_row_that_is_not_there_is_not_found_by_its_id() -> None:
    told = worded(fault("610", "Object Not Found", INACTIVE), UPDATE)

    assert (told.sqlstate, told.message) == ("P0002", "[QuickBooks] Customer `qbk_cust1234567` not found")
    assert told.detail == "QuickBooks: code 610, intuit_tid 1-5f73"
    assert told.hint == "It may have been deleted or made inactive in QuickBooks."


@pytest.mark.parametrize(("change", "exists"), [(CREATE, False), (UPDATE, True)])
def test_of_a_row_that_is_new_or_there_it_is_a_reference_that_is_not_found(
    change: Change, exists: bool
) -> None:
    told = worded(fault("610", "Object Not Found", INACTIVE), change, exists=exists)

    assert told.sqlstate == "23503"
    assert told.message.endswith(
        "`: Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees"
    )


def test_the_words_are_those_of_quickbooks_on_one_line() -> None:
    detail = (
        "The name supplied already exists. : Another customer, vendor or employee is already using this \n"
        "name. Please use a different name."
    )

    told = worded(fault("6240", "Duplicate Name Exists Error", detail), UPDATE)

    assert (told.sqlstate, told.message) == (
        "23505",
        "[QuickBooks] Customer `qbk_cust1234567`: The name supplied already exists. : Another customer, "
        "vendor or employee is already using this name. Please use a different name",
    )


def test_a_new_row_is_named_by_what_a_person_calls_it_and_the_column_by_its_own_name() -> None:
    words = "Required parameter CustomerRef is missing in the request"

    told = worded(fault("2020", "Required param missing", words, "CustomerRef"), CREATE)

    assert (told.sqlstate, told.message, told.column) == (
        "23502",
        f"[QuickBooks] Invoice `1001`: {words}",
        "customer_id",
    )
    assert told.detail == "QuickBooks: code 2020, element CustomerRef, intuit_tid 1-5f73"


def test_a_refusal_of_ours_is_told_as_it_is() -> None:
    refused = ChangeRefused(
        Problem.READ_ONLY, UPDATE.entity, "cannot do it", id=UPDATE.id, column="balance", hint="Leave it out."
    )

    told = worded(refused, UPDATE)

    assert (told.message, told.hint, told.column) == (
        "[QuickBooks] Customer `qbk_cust1234567` cannot do it",
        "Leave it out.",
        "balance",
    )


def test_every_problem_and_every_error_has_an_sqlstate() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QuickBooksError)
    ]

    states = [sqlstate(kind("x")) for kind in kinds]
    states += [sqlstate(ChangeRefused(problem, UPDATE.entity, "x")) for problem in Problem]

    assert [state for state in states if len(state) != 5 or state == "42501"] == []
