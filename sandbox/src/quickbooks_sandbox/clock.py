"""Time as QuickBooks tells it: the company's Pacific offset, seconds in MetaData, milliseconds in answers."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


class Clock:
    """The sandbox's own time: the machine's, moved or held by what the control plane asks for."""

    def __init__(self, ahead_s: float = 0) -> None:
        self.ahead_s = ahead_s
        self._held: float | None = None

    def time(self) -> float:
        """Seconds since 1970."""
        return (time.time() if self._held is None else self._held) + self.ahead_s

    def hold(self, held: bool) -> None:
        """Stands still from now on, or goes with the machine's again; a held clock can still be moved."""
        self._held = time.time() if held else None

    def reset(self) -> None:
        """The machine's time."""
        self.ahead_s, self._held = 0, None

    def today(self) -> date:
        """The company's day."""
        return datetime.fromtimestamp(self.time(), PACIFIC).date()


def stamp(seconds: float) -> str:
    """An instant of MetaData: `2020-09-29T05:58:07-07:00`."""
    return datetime.fromtimestamp(int(seconds), PACIFIC).isoformat()


def stamp_ms(seconds: float) -> str:
    """The time of an answer: `2020-09-29T05:58:07.300-07:00`."""
    return datetime.fromtimestamp(seconds, PACIFIC).isoformat(timespec="milliseconds")


def instant(text: str) -> float:
    """Seconds since 1970 of a date or time; without an offset it is the company's. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)).timestamp()


def utc(seconds: float) -> str:
    """An instant for the control plane."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
