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
    """The fields of an ErrorResponse or NoticeResponse by their letters; each character is a byte."""
    return {part[:1].decode("latin-1"): part[1:].decode("latin-1") for part in body.split(b"\0") if part}


def error_message(fields: Mapping[str, str], kind: bytes = b"E") -> bytes:
    """An ErrorResponse, or with another kind a NoticeResponse; each character is a byte."""
    parts = (
        letter.encode() + text.encode("latin-1", "replace") + b"\0" for letter, text in fields.items() if text
    )
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


def parse(name: bytes, statement: bytes, types: Iterable[int] = ()) -> bytes:
    """Parse."""
    oids = list(types)
    body = name + b"\0" + statement + b"\0" + struct.pack(f"!h{len(oids)}I", len(oids), *oids)
    return message(b"P", body)


def bind(
    portal: bytes,
    name: bytes,
    values: Iterable[bytes | None] = (),
    formats: Iterable[int] = (),
    given_in: Iterable[int] = (),
) -> bytes:
    """Bind; `formats` are those of the result, `given_in` those of the values (as text where there are none)."""
    given, wanted, forms = list(values), list(formats), list(given_in)
    parts = (
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in given
    )
    return message(b"B", b"".join((
        portal, b"\0", name, b"\0", struct.pack(f"!h{len(forms)}hh", len(forms), *forms, len(given)), *parts,
        struct.pack(f"!h{len(wanted)}h", len(wanted), *wanted),
    )))  # fmt: skip


def describe(name: bytes, kind: bytes = b"P") -> bytes:
    """Describe of a portal, or of a statement (S)."""
    return message(b"D", kind + name + b"\0")


def execute(portal: bytes) -> bytes:
    """Execute, of all rows."""
    return message(b"E", portal + b"\0" + struct.pack("!i", 0))


def close(kind: bytes, name: bytes) -> bytes:
    """Close of a statement (S) or portal (P)."""
    return message(b"C", kind + name + b"\0")


FLUSH = message(b"H")
SYNC = message(b"S")


def words_of(body: bytes, count: int) -> list[bytes]:
    """The first zero-terminated words of a body."""
    return body.split(b"\0", count)[:count]


def data_row(values: Iterable[bytes | None]) -> bytes:
    """A DataRow."""
    given = list(values)
    parts = (
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in given
    )
    return message(b"D", struct.pack("!h", len(given)) + b"".join(parts))


def row_values(body: bytes) -> list[bytes | None]:
    """The values of a DataRow."""
    (count,) = struct.unpack_from("!h", body)
    place, values = 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, place)
        place += 4
        values.append(None if size < 0 else body[place : place + size])
        place += max(size, 0)
    return values


def bound_values(body: bytes) -> list[bytes | None]:
    """The parameters of a Bind, in whichever format."""
    place = _behind_names(body)
    (formats,) = struct.unpack_from("!h", body, place)
    place += 2 + 2 * formats
    (count,) = struct.unpack_from("!h", body, place)
    place += 2
    values: list[bytes | None] = []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, place)
        place += 4
        values.append(None if size < 0 else body[place : place + size])
        place += max(size, 0)
    return values


def bound_formats(body: bytes) -> list[int]:
    """The format of each parameter of a Bind."""
    place = _behind_names(body)
    (count,) = struct.unpack_from("!h", body, place)
    formats = list(struct.unpack_from(f"!{count}h", body, place + 2))
    (values,) = struct.unpack_from("!h", body, place + 2 + 2 * count)
    return formats if count > 1 else (formats or [0]) * values


def _behind_names(body: bytes) -> int:
    return body.index(b"\0", body.index(b"\0") + 1) + 1


def described_types(body: bytes) -> list[int]:
    """The types of a ParameterDescription."""
    (count,) = struct.unpack_from("!h", body)
    return list(struct.unpack_from(f"!{count}I", body, 2))
