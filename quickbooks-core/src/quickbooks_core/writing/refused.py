"""What is refused before anything is sent: a change that the catalogue already knows to be wrong."""

from __future__ import annotations

from enum import Enum

from quickbooks_core.catalog.model import Entity
from quickbooks_core.errors import QuickBooksError


class Problem(Enum):
    """What is wrong with a change; `sqlstates` says what a client of the database sees."""

    UNKNOWN_COLUMN = "unknown column"
    READ_ONLY = "read only"
    CREATE_ONLY = "on create only"
    REQUIRED = "required"
    UNSUPPORTED = "unsupported operation"
    WRONG_ID = "wrong id"
    INVALID = "invalid value"
    CONFLICT = "conflict"


class ChangeRefused(QuickBooksError):
    """The change cannot be asked of QuickBooks as it is; nothing was sent."""

    def __init__(
        self, problem: Problem, entity: Entity, words: str, *, id: str = "", column: str = "", hint: str = ""
    ) -> None:
        super().__init__(f"{named(entity, id)}{words}")
        self.problem = problem
        self.entity = entity
        self.id = id
        self.column = column
        self.advice = hint


class Misfit(ValueError):
    """A value that its column cannot take; whoever knows the column says which."""

    def __init__(self, words: str, problem: Problem = Problem.INVALID, hint: str = "") -> None:
        super().__init__(words)
        self.problem = problem
        self.hint = hint


def named(entity: Entity, id: str) -> str:
    """How messages begin: ``[QuickBooks] Customer `qbk_cust58` ``."""
    return f"[QuickBooks] {entity.name} `{id}` " if id else f"[QuickBooks] {entity.name} "
