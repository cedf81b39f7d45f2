"""What a client of the database is told when a write fails: the fields of a Postgres error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quickbooks_core.errors import NotFound, QuickBooksError
from quickbooks_core.writing.change import Action, Change
from quickbooks_core.writing.refused import ChangeRefused, named
from quickbooks_core.writing.settings import column_of
from quickbooks_core.writing.sqlstates import NO_REFERENCE, NOT_FOUND, sqlstate

# By which column a person knows a row that has no id yet.
_NAMES = ("display_name", "name", "fully_qualified_name", "doc_number", "code", "company_name")


@dataclass(frozen=True)
class ClientError:
    """An error as a Postgres client sees it; `column` is empty where QuickBooks names none."""

    sqlstate: str
    message: str
    detail: str = ""
    hint: str = ""
    column: str = ""


def worded(error: QuickBooksError, change: Change, *, exists: bool = False) -> ClientError:
    """The words for a change that failed. `exists`: the row itself was read before, so it is not what is missing."""
    if isinstance(error, ChangeRefused):
        return ClientError(sqlstate(error), error.message, "", error.advice, error.column)
    column = column_of(change.entity, error.element.partition(".")[0])
    subject = named(change.entity, change.id or _name(change.values))
    detail = _detail(error)
    if isinstance(error, NotFound):
        if change.action is not Action.CREATE and not exists:
            return ClientError(NOT_FOUND, f"{subject}not found", detail, error.advice)
        # Of a row that is there, it is something that the row refers to.
        return ClientError(NO_REFERENCE, _sentence(subject, error), detail, error.advice, column)
    return ClientError(sqlstate(error), _sentence(subject, error), detail, error.advice, column)


def _sentence(subject: str, error: QuickBooksError) -> str:
    """QuickBooks' own words; its details say more than its messages, which they often repeat."""
    words = " ".join((error.detail or error.message).split())
    head, separator, rest = words.partition(" : ")
    if separator and head.rstrip(".").lower() in (
        error.message.rstrip(".").lower(),
        "business validation error",
    ):
        words = rest
    return f"{subject.rstrip()}: {words.rstrip('.')}"


def _detail(error: QuickBooksError) -> str:
    facts = (("code", error.code), ("element", error.element), ("intuit_tid", error.intuit_tid))
    told = ", ".join(f"{name} {value}" for name, value in facts if value)
    return f"QuickBooks: {told}" if told else ""


def _name(values: Mapping[str, Any]) -> str:
    return next((str(values[column]) for column in _NAMES if values.get(column)), "")
