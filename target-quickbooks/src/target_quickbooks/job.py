"""A claimed change with what was sent for it, and the ways in which work on it can end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Entity
from quickbooks_core.writing import Action, Call, Change, ClientError

# What is noted leaves within this time or not at all: another worker that has taken over counts on it.
LEAVES_WITHIN_S = 60.0


@dataclass(frozen=True)
class Sent:
    """A request that was noted, and whose end is not known. Times are the database's, except QuickBooks' own.

    `before`: until when its first byte may leave, by `boot_time()`; unknown for what another worker has noted.
    """

    number: int
    request_id: str
    call: Call
    body: bytes
    sent_at: datetime
    quickbooks_at: datetime
    is_item: bool = False  # of a batch, which is never sent again
    before: float | None = None


@dataclass(frozen=True)
class Job:
    """One row of the queue in the hands of a worker. `lost_s`: for how long an answer is missing, or None."""

    queue_id: int
    entity: Entity
    action: Action
    id: str
    base: Mapping[str, Any] | None
    values: Mapping[str, Any]
    attempts: int
    lost_s: float | None
    in_doubt: tuple[Sent, ...] = ()
    file: bytes | None = field(default=None, repr=False)

    @property
    def change(self) -> Change:
        """What the mapping needs of it."""
        return Change(self.entity, self.action, self.values, self.id, self.base)


@dataclass(frozen=True)
class Done:
    """QuickBooks has it. `document` is its answer; None where the row is gone."""

    document: Mapping[str, Any] | None
    read_at: datetime
    words: str = ""


@dataclass(frozen=True)
class Found:
    """Rows that were to be read, all of them."""

    documents: Sequence[Mapping[str, Any]]
    read_at: datetime


@dataclass(frozen=True)
class Failed:
    """It has certainly not been done, and will not be."""

    error: ClientError
    code: str = ""


@dataclass(frozen=True)
class Unknown:
    """Whether it has been done only a person can find out."""

    words: str


@dataclass(frozen=True)
class Later:
    """To be tried again. `lost`: something was sent, and its answer is missing."""

    after_s: float
    lost: bool
    words: str


Outcome = Done | Found | Failed | Unknown | Later


def job_of(row: Mapping[str, Any], in_doubt: tuple[Sent, ...], file: bytes | None = None) -> Job:
    """A job from its row."""
    return Job(
        row["queue_id"],
        by_table(row["table_name"]),
        Action(row["operation"]),
        row["id"] or "",
        row["old"],
        row["changed"],
        row["attempts"],
        row["lost_s"],
        in_doubt,
        file,
    )
