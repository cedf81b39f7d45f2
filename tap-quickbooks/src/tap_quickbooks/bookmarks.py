"""The Singer state: where each table stands, and on which run that builds.

A table without a bookmark is read whole. What a state of an older form says is not guessed at: such a table is
read whole once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickbooks_core.mapping import EXTRA

FORM = 2
State = Mapping[str, Any]
# A list of one, because Meltano merges the state of a full refresh into the one before, key by key: a bookmark would
# keep what it no longer has.
_STANDS = "stands"


@dataclass(frozen=True)
class Count:
    """How many rows QuickBooks had that were made up to a moment; a moment at which no more can be made."""

    rows: int
    until: datetime


@dataclass(frozen=True)
class Digest:
    """The ids in windows of creation times: where each window ends, and the sum of a hash of its ids."""

    ends: tuple[datetime, ...]
    sums: tuple[int, ...]


@dataclass(frozen=True)
class Bookmark:
    """Where one table stands.

    `since`: all changes up to this moment of QuickBooks' clock are in the mirror. `left_out`: columns that are not;
    `known`: the columns that are, where fields without a column are not mirrored either. `count` tells whether rows
    have gone in silence. `swept`: what a sweep found, which the next run looks at once more. `looks`: a digest of
    an object that is always read whole. `outside`: QuickBooks refuses to tell its changes.
    """

    since: datetime
    left_out: frozenset[str] = frozenset()
    known: frozenset[str] | None = None
    count: Count | None = None
    swept: Digest | None = None
    looks: str = ""
    outside: bool = False

    def lacks(self, columns: frozenset[str]) -> frozenset[str] | None:
        """The selected columns that the mirror has not been given; None when only reading everything gives them."""
        if EXTRA in columns and EXTRA in self.left_out:
            return None
        return columns - self.known if self.known is not None else columns & self.left_out


def read_bookmarks(state: State) -> dict[str, Bookmark]:
    """The bookmarks by table; a table that has never been read without a doubt has none."""
    return {table: _read(stands[0]) for table, stands in _stands(state).items() if stands}


def tables_of(state: State) -> frozenset[str]:
    """The tables that were read, whether they have a bookmark or not."""
    return frozenset(_stands(state))


def written(bookmark: Bookmark | None) -> dict[str, Any]:
    """A bookmark as JSON; what it has not is absent."""
    return {_STANDS: [_written(bookmark)] if bookmark else []}


def _stands(state: State) -> dict[str, list[Any]]:
    if state.get("quickbooks", {}).get("form") != FORM:
        return {}
    return {table: value[_STANDS] for table, value in state.get("bookmarks", {}).items()}


def _written(bookmark: Bookmark) -> dict[str, Any]:
    value: dict[str, Any] = {"since": text(bookmark.since)}
    if bookmark.left_out:
        value["left_out"] = sorted(bookmark.left_out)
    if bookmark.known is not None:
        value["known"] = sorted(bookmark.known)
    if bookmark.count:
        value["count"] = {"rows": bookmark.count.rows, "until": text(bookmark.count.until)}
    if bookmark.swept:
        value["swept"] = {
            "ends": [text(end) for end in bookmark.swept.ends],
            "sums": list(bookmark.swept.sums),
        }
    if bookmark.looks:
        value["looks"] = bookmark.looks
    if bookmark.outside:
        value["outside"] = True
    return value


def _read(value: Mapping[str, Any]) -> Bookmark:
    count, swept = value.get("count"), value.get("swept")
    return Bookmark(
        _moment(value["since"]),
        frozenset(value.get("left_out", ())),
        frozenset(value["known"]) if "known" in value else None,
        Count(int(count["rows"]), _moment(count["until"])) if count else None,
        Digest(tuple(map(_moment, swept["ends"])), tuple(swept["sums"])) if swept else None,
        str(value.get("looks", "")),
        bool(value.get("outside", False)),
    )


def _moment(given: str) -> datetime:
    return datetime.fromisoformat(given).astimezone(UTC)


def text(moment: datetime | None) -> str | None:
    """An instant in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
