"""Where messages begin and end in a stream of bytes. Keeps no more than one message, and of those that may be passed on
in parts nothing at all. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Collection

_HEADER = 5
_KIND_AND_LENGTH = struct.Struct("!Bi")
_SHORTEST = 4
Span = tuple[int, int, int]  # kind, where its header begins, where it ends


class NotTheProtocol(ValueError):
    """What comes cannot be Postgres' protocol."""


class Frames:
    """One direction of one connection. Messages of the kinds in `streamed` may end behind what has come, and those in
    `quiet` are not told of: of rows there are many."""

    def __init__(self, streamed: Collection[int], quiet: Collection[int] = ()) -> None:
        self.streamed = streamed
        self.quiet = quiet
        self._parts: list[bytes] = []
        self._size = 0
        self._need = 0
        self._skip = 0

    def feed(self, data: bytes) -> tuple[bytes, list[Span]]:
        """The bytes that are ready, and the messages that begin in them; raises NotTheProtocol."""
        if self._parts:
            self._parts.append(data)
            self._size += len(data)
            if self._size < self._need:
                return b"", []
            data = b"".join(self._parts)
            self._parts = []
        if self._skip >= len(data):
            self._skip -= len(data)
            return data, []
        start, self._skip = self._skip, 0
        return self._walk(data, start)

    def _walk(self, data: bytes, start: int) -> tuple[bytes, list[Span]]:
        found: list[Span] = []
        size = len(data)
        need, quiet, header = _HEADER, self.quiet, _KIND_AND_LENGTH.unpack_from
        last = size - _HEADER
        while start <= last:
            kind, length = header(data, start)
            if length < _SHORTEST:
                raise NotTheProtocol(f"a message of {length} bytes")
            end = start + 1 + length
            if end > size:
                if kind in self.streamed:
                    found.append((kind, start, end))
                    self._skip = end - size
                    return data, found
                need = 1 + length
                break
            if kind not in quiet:
                found.append((kind, start, end))
            start = end
        if start < size:
            self._parts, self._size, self._need = [data[start:]], size - start, need
            data = data[:start]
        return data, found

    def rest(self) -> bytes:
        """What has come of a message that is not whole; it is forgotten here."""
        rest, self._parts, self._skip = b"".join(self._parts), [], 0
        return rest
