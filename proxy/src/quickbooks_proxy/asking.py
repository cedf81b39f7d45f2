"""What a session asks of the outside world while its client waits, and what it is told. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quickbooks_core.writing import ClientError

from quickbooks_proxy.images import Image

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asker:
    """Who asks for a change."""

    role: str
    application: str = ""
    address: str = ""


@dataclass(frozen=True)
class Missing:
    """Which of these ids does the mirror not have? Answered by a list of ids."""

    table: str
    ids: Sequence[str]


@dataclass(frozen=True)
class Fetch:
    """Have these rows read from QuickBooks into the mirror. Answered by a ClientError, or None where all are there."""

    table: str
    ids: Sequence[str]
    asker: Asker


@dataclass(frozen=True)
class Write:
    """Have these changes made. Answered by Written, or by a ClientError where nothing was asked of QuickBooks."""

    images: Sequence[Image]
    statement: str
    asker: Asker
    transaction: str | None
    savepoint: str | None = None
    timeout_s: float | None = None


@dataclass(frozen=True)
class Undone:
    """What could not be undone of changes that the client has rolled back? Answered by a list of Ended."""

    numbers: Sequence[int]
    is_whole: bool  # the transaction, and not only to a savepoint


CANCELLED = "cancelled"
Ask = Missing | Fetch | Write | Undone


@dataclass(frozen=True)
class Ended:
    """What has become of one change."""

    status: str
    number: int
    id: str = ""
    answer: Row | None = None
    error: ClientError | None = None
    is_parked: bool = False
    fate: str = ""  # undone or not_undone, where the statement has failed part way or was rolled back
    fate_reason: str = ""


@dataclass(frozen=True)
class Written:
    """What has become of the changes, in their order; `cut_short` says why not all have an end."""

    ends: Sequence[Ended] = field(default_factory=tuple)
    cut_short: str = ""


def verdict(written: Written, images: Sequence[Image]) -> tuple[ClientError, str] | None:
    """The error that the client gets, and the table it is about; None where all has been done."""
    open_ends = [end for end in written.ends if end.status not in ("done", "failed")]
    for end, image in zip(written.ends, images, strict=True):
        if end.status == "done":
            continue
        if open_ends or written.cut_short:
            return _uncertain(written, open_ends, image), image.table
        return _among(end.error or ClientError("XX000", "[QuickBooks] It failed"), written), image.table
    return None


def _uncertain(written: Written, open_ends: Sequence[Ended], image: Image) -> ClientError:
    """Where not all have an end, or the client did not wait for it."""
    reason = written.cut_short or next((end.error.message for end in open_ends if end.error), "nobody knows")
    if not open_ends:
        words = f"Nothing has been sent to QuickBooks of {len(written.ends)} changes"
        done = sum(end.status == "done" for end in written.ends)
        words = (
            f"{done} of {len(written.ends)} changes have been made and are taken back, the others are not sent"
            if done
            else words
        )
        state, hint = "08006", "Is `target-quickbooks --follow` running?"
    else:
        numbers = ", ".join(str(end.number) for end in open_ends)
        words = f"What becomes of it stands in _sync_queue, number {numbers}"
        state, hint = "08007", f"`quickbooks queue show {open_ends[0].number}` tells it."
    if written.cut_short == CANCELLED:
        return ClientError("57014", "canceling statement due to user request", f"[QuickBooks] {words}.", hint)
    known = f"`{image.id}` " if image.id else ""
    message = f"[QuickBooks] {image.entity.name} {known}has no certain end: {reason}"
    return ClientError(state, message if open_ends else f"[QuickBooks] {reason}", f"{words}.", hint)


def _among(error: ClientError, written: Written) -> ClientError:
    """Where others of the statement have been done, it says so."""
    done = [end for end in written.ends if end.status == "done"]
    if not done:
        return error
    kept = [end for end in done if end.fate != "undone"]
    words = f"{len(done)} of {len(written.ends)} rows had been written, and have been taken back"
    if kept:
        ids = ", ".join(end.id for end in kept[:10])
        numbers = ", ".join(str(end.number) for end in kept[:10])
        words += f", but not {ids}: see _sync_queue, number {numbers}"
    detail = f"{error.detail}; {words}." if error.detail else f"{words}."
    return ClientError(error.sqlstate, error.message, detail, error.hint, error.column)
