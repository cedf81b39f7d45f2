"""Messages of Postgres' protocol, version 3: how they are written, and the few that are read. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

PROTOCOL_SSL = 80877103
PROTOCOL_GSSENC = 80877104
PROTOCOL_CANCEL = 80877102


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message with its type and length."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse by their letters."""
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in body.split(b"\0") if part}


def error_message(fields: Mapping[str, str], kind: bytes = b"E") -> bytes:
    """An ErrorResponse, or with another kind a NoticeResponse."""
    parts = (letter.encode() + text.encode() + b"\0" for letter, text in fields.items() if text)
    return message(kind, b"".join(parts) + b"\0")


def fatal(sqlstate: str, words: str) -> bytes:
    """The error with which a connection ends."""
    return error_message({"S": "FATAL", "V": "FATAL", "C": sqlstate, "M": words})


def startup_parameters(packet: bytes) -> dict[str, str]:
    """The parameters of a StartupMessage, its length and version included in the packet."""
    parts = [part.decode(errors="replace") for part in packet[8:].split(b"\0")]
    return dict(_pairs(parts))


def _pairs(parts: list[str]) -> Iterable[tuple[str, str]]:
    for name, value in zip(parts[::2], parts[1::2], strict=False):
        if not name:
            return
        yield name, value
