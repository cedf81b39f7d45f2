"""What a client sends while the server copies in: rows go on to the server, what comes after them is kept. Pure."""

from __future__ import annotations

from quickbooks_proxy.framing import Frames
from quickbooks_proxy.messages import FLUSH

_DATA = ord("d")
_IGNORED = b"HS"  # the server ignores them as well


class CopyIn:
    """One COPY FROM STDIN. Messages go on whole, so that the copy can be broken off between any two of them."""

    def __init__(self) -> None:
        self._frames = Frames(())

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """What is for the server, and what comes after the end; None as long as there is no end."""
        ready, found = self._frames.feed(data)
        rows: list[bytes] = []
        for kind, start, end in found:
            if kind not in _IGNORED:
                rows.append(ready[start:end])
            if kind != _DATA and kind not in _IGNORED:
                # The Flush that came with the Execute was ignored.
                return b"".join(rows) + FLUSH, ready[end:] + self._frames.rest()
        return b"".join(rows), None

    def rest(self) -> bytes:
        """What has come of a message that is not whole."""
        return self._frames.rest()
