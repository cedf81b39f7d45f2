"""Stops reading from a transport as long as anybody has a reason."""

from __future__ import annotations

from typing import Protocol


class Readable(Protocol):
    """What can be stopped: a transport."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool: ...


class Valve:
    """Shut while there are reasons."""

    def __init__(self) -> None:
        self._reasons: set[str] = set()
        self._transport: Readable | None = None

    def attach(self, transport: Readable) -> None:
        """The transport is there; what was said before counts."""
        self._transport = transport
        if self._reasons:
            transport.pause_reading()

    def shut(self, reason: str) -> None:
        """Nothing more is read."""
        if not self._reasons and self._transport and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons.add(reason)

    def open(self, reason: str) -> None:
        """This reason is gone."""
        if reason not in self._reasons:
            return
        self._reasons.discard(reason)
        if not self._reasons and self._transport and not self._transport.is_closing():
            self._transport.resume_reading()
